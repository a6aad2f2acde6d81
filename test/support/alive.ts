import { readFileSync } from 'node:fs'

/** Whether a process runs; one that has ended and only waits to be buried does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
