import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The processes that have a folder open, as those have that hold its lock or wait for it. */
export const openedBy = (folder: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => opens(join('/proc', pid, 'fd'), folder))
    .map(Number)

const opens = (descriptors: string, folder: string): boolean =>
  ifThere(() => readdirSync(descriptors), []).some(
    (name) => ifThere(() => readlinkSync(join(descriptors, name)), '') === folder,
  )

/** A process may end, or close something, at any time; and those of other users show nothing. */
function ifThere<T>(look: () => T, otherwise: T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
