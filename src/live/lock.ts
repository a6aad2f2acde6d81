import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, constants, fstatSync, futimesSync, openSync, readdirSync, statSync } from 'node:fs'
import { reasonOf, UpdaterError } from '../errors.js'
import { makeFolder } from './files.js'

/** Another run holds the lock; `age` is how long it has run, in ms. */
export class BusyError extends UpdaterError {
  readonly age: number

  constructor(stateDir: string, age: number) {
    super(
      'busy',
      `another run, started ${Math.round(age / 1000)} s ago, holds the lock on ${stateDir}; this one does nothing (--follow 5s waits, and takes over from one that follows)`,
    )
    this.age = age
  }
}

/**
 * Takes the lock of a state directory, made with mode 0700 where it is missing, until the returned function or any death frees it:
 * `flock` on this process's own descriptor of the directory, so that there is no file to go stale.
 * Throws `busy`, `cannot-write`, or `command-failed` where flock is missing.
 */
export function takeLock(stateDir: string): () => void {
  const directory = openPrivate(stateDir)
  const { status, error, stderr } = spawnSync('flock', ['-xn', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', directory],
    timeout: 5000,
  })
  return settleLock({ stateDir, directory }, status, error ? reasonOf(error) : stderr.toString()).free
}

/** The state directory, opened by this process. */
interface OpenDirectory {
  stateDir: string
  directory: number
}

/** The lock of a state directory. */
export interface Lock {
  free(): void
  /** false once the path leads to another directory, whose lock is another, or to none. */
  isHeld(): boolean
  /** Notes that a run begins, for whoever meets it. */
  noteStart(): void
}

/** Makes what flock ended with, and said, into the lock, or into what `takeLock` throws. */
export function settleLock({ stateDir, directory }: OpenDirectory, status: number | null, said: string): Lock {
  if (status === 0) return lockOf(stateDir, directory)
  const { atimeMs } = fstatSync(directory)
  closeSync(directory)
  if (status === 1) throw new BusyError(stateDir, Math.max(0, Date.now() - atimeMs))
  throw new UpdaterError('command-failed', `flock (of util-linux) cannot lock ${stateDir}: ${said.trim()}`)
}

function lockOf(stateDir: string, directory: number): Lock {
  const lock: Lock = {
    free: () => closeSync(directory),
    isHeld() {
      const [now, locked] = [statSync(stateDir, { throwIfNoEntry: false }), fstatSync(directory)]
      return now?.ino === locked.ino && now.dev === locked.dev
    },
    noteStart: () => noteStart(stateDir, directory),
  }
  if (!lock.isHeld()) throw unusable(stateDir, new Error('it was replaced while its lock was waited for'))
  lock.noteStart()
  return lock
}

/** A folder that others use, such as /tmp, must not be closed to them by a slip of the hand. */
function tighten(stateDir: string): void {
  const names = readdirSync(stateDir)
  if (names.length > 0 && !names.includes('state.json')) throw new Error('it is open to others and holds other files')
  chmodSync(stateDir, 0o700)
}

/** The access time of the directory says when the run began; nothing else needs it. */
function noteStart(stateDir: string, directory: number): void {
  try {
    futimesSync(directory, new Date(), new Date())
  } catch (error) {
    throw unusable(stateDir, error)
  }
}

/** Opens a state directory, made with mode 0700 where it is missing. Throws `cannot-write`. */
export function openPrivate(stateDir: string): number {
  try {
    makeFolder(stateDir, 0o700)
    const directory = openSync(stateDir, constants.O_RDONLY | constants.O_DIRECTORY)
    const { uid, mode } = fstatSync(directory)
    if (uid !== process.geteuid?.()) throw new Error('it belongs to another user')
    // Whoever can open the directory could hold the lock for ever.
    if (mode & 0o077) tighten(stateDir)
    return directory
  } catch (error) {
    throw unusable(stateDir, error)
  }
}

const unusable = (stateDir: string, cause: unknown): UpdaterError =>
  new UpdaterError(
    'cannot-write',
    `the state directory ${stateDir} cannot be used: ${reasonOf(cause)}; see --state-dir`,
    { cause },
  )
