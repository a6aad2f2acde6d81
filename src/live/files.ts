import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { onDeath } from '../cleanup.js'
import { reasonOf, UpdaterError } from '../errors.js'

/** Owner and mode of a file, to be kept when it is replaced. */
export interface Attributes {
  mode: number
  uid: number
  gid: number
}

/** The live file: its real path (symlinks resolved), and text and attributes where it exists. */
export interface LiveFile {
  path: string
  text: string | undefined
  attributes: Attributes | undefined
}

/**
 * Reads the live file; one that is not there has no text. Throws `cannot-write` where it may not be read; with `lenient`, for who
 * only renders, that one has no text either. Throws `usage` for a path that cannot stand in the configuration.
 */
export function readLive(named: string, lenient = false): LiveFile {
  const path = realPath(named)
  if (!/^[\w./@+=: -]+$/.test(path)) {
    throw new UpdaterError(
      'usage',
      `the live file ${path} has signs in its path that HAProxy's map() cannot take; see --haproxy-config`,
    )
  }
  try {
    const found = statSync(path)
    // To open a pipe would wait for whoever writes into it.
    if (found.isFIFO()) throw new Error('it is a pipe')
    const { mode, uid, gid } = found
    return { path, text: readFileSync(path, 'utf8'), attributes: { mode: mode & 0o7777, uid, gid } }
  } catch (error) {
    if (lenient || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return { path, text: undefined, attributes: undefined }
    throw new UpdaterError('cannot-write', `the live file ${path} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** Symlinks are followed, so that the file behind a link is replaced and not the link; a file that is not there yet is fine. */
export function realPath(named: string, depth = 0): string {
  try {
    return realpathSync(named)
  } catch {
    const target = linkTarget(named)
    if (target !== undefined && depth < 40) return realPath(target, depth + 1)
    const folder = dirname(resolve(named))
    return existsSync(folder) ? join(realpathSync(folder), basename(named)) : resolve(named)
  }
}

/** Where a symlink leads; undefined for what is none, or may not be looked at: reading it will say so. */
function linkTarget(named: string): string | undefined {
  try {
    return resolve(dirname(named), readlinkSync(named))
  } catch {
    return undefined
  }
}

/**
 * Makes a folder and those that it is to lie in, unless it is there. Node's own way never ends where a folder takes no other, such as
 * /proc. Throws what mkdir throws.
 */
export function makeFolder(path: string, mode = 0o755): void {
  if (existsSync(path)) return
  makeFolder(dirname(path), mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (!existsSync(path)) throw error
  }
}

/** A text file's content, or undefined where it is not there. Throws `cannot-write` where it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UpdaterError('cannot-write', `cannot read ${path}, which this program writes: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

/** The same for who only looks, and need not have the right to read it: as if it were not there. */
export function readIfAllowed(path: string): string | undefined {
  try {
    return readIfThere(path)
  } catch {
    return undefined
  }
}

/** Names of temporary files: hidden, so that a HAProxy that loads a directory passes them over, and told apart by their target. */
const tempMark = '.haproxy-updater-'

/**
 * Replaces a file in one step and durably: written beside it, synced, renamed over it, directory synced. Without `attributes` it is
 * 0644 and the caller's. `durable` false spares the syncs, for what is soon written again. Throws `cannot-write`, and then the file
 * is as it was.
 */
export function replaceFile(path: string, content: string | Buffer, attributes?: Attributes, durable = true): void {
  const temp = join(dirname(path), `.${basename(path)}${tempMark}${randomBytes(6).toString('hex')}`)
  const forget = onDeath(() => discard(temp))
  try {
    writeNew(temp, content, attributes, durable)
    renameSync(temp, path)
    if (durable) syncDirectory(dirname(path))
  } catch (error) {
    discard(temp)
    throw new UpdaterError('cannot-write', `cannot write ${path}: ${reasonOf(error)}`, { cause: error })
  } finally {
    forget()
  }
}

/** Replaces a file as `replaceFile` does, unless it holds this text already, with these attributes. */
export function keepFile(path: string, text: string, attributes?: Attributes): void {
  const found = statSync(path, { throwIfNoEntry: false })
  const { mode, uid, gid } = attributes ?? { mode: 0o644, uid: process.geteuid?.(), gid: process.getegid?.() }
  const isAs = found && (found.mode & 0o7777) === mode && found.uid === uid && found.gid === gid
  if (!isAs || readIfThere(path) !== text) replaceFile(path, text, attributes)
}

/** Sets the modification time of a file to now; one that is not there is made, empty and private. Nothing is synced. */
export function touch(path: string): void {
  const file = openSync(path, 'a', 0o600)
  futimesSync(file, new Date(), new Date())
  closeSync(file)
}

function discard(temp: string): void {
  try {
    rmSync(temp, { force: true })
  } catch {
    // Where it cannot be removed, it could not be made, or a later run sweeps it.
  }
}

function writeNew(temp: string, content: string | Buffer, attributes: Attributes | undefined, durable: boolean): void {
  const file = openSync(temp, 'wx', 0o600)
  try {
    writeFileSync(file, Buffer.from(content))
    const { uid, gid } = fstatSync(file)
    if (attributes && (uid !== attributes.uid || gid !== attributes.gid))
      fchownSync(file, attributes.uid, attributes.gid)
    fchmodSync(file, attributes?.mode ?? 0o644)
    if (durable) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** Removes from a folder the temporary files that a dead run left for targets of this kind. Only for what this run has the lock of. */
export function sweepTemps(folder: string, isTarget: (name: string) => boolean): void {
  sweep(folder, (name) => {
    const end = name.lastIndexOf(tempMark)
    return name.startsWith('.') && end > 0 && isTarget(name.slice(1, end))
  })
}

/**
 * Removes the wanted entries of a folder that belong to this user and are older than `age` ms; symlinks are neither followed nor
 * removed.
 */
export function sweep(folder: string, isWanted: (name: string) => boolean, age = 0): void {
  for (const name of namesIn(folder).filter(isWanted)) {
    const path = join(folder, name)
    const entry = lstatSync(path, { throwIfNoEntry: false })
    const mine = entry && entry.uid === process.geteuid?.() && !entry.isSymbolicLink()
    const old = age === 0 || (entry && Date.now() - entry.mtimeMs >= age)
    if (mine && old) rmSync(path, { recursive: true, force: true })
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // A directory that cannot be listed has nothing that this run could sweep; writing there fails with a better word.
    return []
  }
}
