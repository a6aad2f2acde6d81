const nobody = 65534

/** Does something without root's rights, which open every file; whoever has none does it as he is. */
export async function withoutRights<T>(act: () => T | Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(nobody)
  try {
    return await act()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}
