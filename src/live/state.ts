import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type ExitName, UpdaterError } from '../errors.js'
import { readIfAllowed, readIfThere, replaceFile, sweepTemps, touch } from './files.js'
import { parseState } from './state-text.js'

/** A service that is left out: the hash of what is rendered of it alone, why, and when that was found out (ms since 1970). */
export interface Quarantined {
  appId: string
  portIndex: number
  hash: string
  reason: string
  since: number
}

/** The services that are left out, by backend. */
export type Quarantine = Readonly<Record<string, Quarantined>>

/** All that is remembered from run to run, but for the last proven configuration. Times are in ms since 1970. */
export interface State {
  live: string
  /** `loaded`: HAProxy runs what is live; `applying`: a run began to change that; `written`: nobody reloads; `new`: first run. */
  phase: 'new' | 'loaded' | 'applying' | 'written'
  target: string | undefined
  rollback: { attempts: number; at: number; exit: 'rolled-back' | 'reload-pending' } | undefined
  gateSince: number | undefined
  failing: { name: ExitName; since: number; told: number } | undefined
  /** The runs that failed one after another, under whatever name, and when the first of them did. */
  failures: { count: number; since: number } | undefined
  /** When the live file got another text. */
  lastChange: number | undefined
  quarantine: Quarantine
  warnings: string[]
  addresses: Record<string, string>
}

/** The memory of one live file: the state as it is, and `save`, which writes it durably where something changed. */
export interface Memory {
  readonly state: Readonly<State>
  /** false: it may not be read by who only looks, and is as if this were the first run. */
  readonly isKnown: boolean
  save: (changes: Partial<State>) => void
}

const fileName = 'state.json'

/**
 * The memory kept in a state directory for this live file. State that cannot be understood counts as `applying`. With `readOnly`
 * nothing is ever written. Throws `usage` where the directory belongs to another live file.
 */
export function openMemory(stateDir: string, live: string, readOnly: boolean): Memory {
  const path = join(stateDir, fileName)
  if (!readOnly) sweepTemps(stateDir, () => true)
  const isKnown = !readOnly || isReadable(path)
  let state = isKnown ? readState(path, live) : newState(live)
  return {
    isKnown,
    get state() {
      return state
    },
    save(changes) {
      const next = { ...state, ...changes }
      if (!readOnly && JSON.stringify(next) !== JSON.stringify(state)) {
        replaceFile(path, `${JSON.stringify(next, null, 2)}\n`, privateFile())
      }
      state = next
    },
  }
}

/** Attributes of a file that only this user reads. */
export const privateFile = () => ({ mode: 0o600, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 })

const newState = (live: string): State => ({
  live,
  phase: 'new',
  target: undefined,
  rollback: undefined,
  gateSince: undefined,
  failing: undefined,
  failures: undefined,
  lastChange: undefined,
  quarantine: {},
  warnings: [],
  addresses: {},
})

function isReadable(path: string): boolean {
  try {
    readIfThere(path)
    return true
  } catch {
    return false
  }
}

function readState(path: string, live: string): State {
  const text = readIfThere(path)
  if (text === undefined) return newState(live)
  const stored = parseState(text)
  return stored ? ofThis(live, stored, path) : { ...newState(live), phase: 'applying' }
}

/** A stored state, complete, which must be of this live file. */
function ofThis(live: string, stored: State, path: string): State {
  if (stored.live === live) return { ...newState(live), ...stored }
  throw new UpdaterError(
    'usage',
    `${path} belongs to ${stored.live}, not to ${live}; give each live file a --state-dir of its own`,
  )
}

/**
 * The state that the last run left, for who judges by it: no state is none. Throws `no-input` where no run left one or nothing can be
 * made of it, `cannot-write` where it may not be read, `usage` where it belongs to another live file.
 */
export function lastState(stateDir: string, live: string): State {
  const path = join(stateDir, fileName)
  const text = readIfThere(path)
  if (text === undefined) throw new UpdaterError('no-input', `no run has left its state in ${path} yet`)
  const stored = parseState(text)
  if (!stored) throw new UpdaterError('no-input', `${path} is damaged, and says nothing; the next run mends it`)
  return ofThis(live, stored, path)
}

const successFile = 'success'

/** Notes the time of a success: the modification time of one file, touched without a sync. */
export const touchSuccess = (stateDir: string): void => touch(join(stateDir, successFile))

/** When a run last succeeded, in ms since 1970; undefined where none did, or where that may not be known. */
export function lastSuccess(stateDir: string): number | undefined {
  try {
    return statSync(join(stateDir, successFile)).mtimeMs
  } catch {
    // Without the file, or the right to look, it is not known; whoever needs to know why reads the state.
    return undefined
  }
}

/** When the live file last got another text, in ms since 1970; undefined where it never did, or where that may not be known. */
export const lastChange = (stateDir: string): number | undefined =>
  parseState(readIfAllowed(join(stateDir, fileName)) ?? '')?.lastChange
