type Undo = () => void

const pending = new Set<Undo>()

/** Has `undo` called should a signal end the program; gives the function that takes that back. Undos are synchronous. */
export function onDeath(undo: Undo): () => void {
  pending.add(undo)
  return () => pending.delete(undo)
}

/** Makes SIGINT, SIGTERM and SIGHUP clean up first and then end the program as they would have: by that signal. */
export function dieCleanly(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const undo of pending) undo()
      process.kill(process.pid, signal)
    })
  }
}
