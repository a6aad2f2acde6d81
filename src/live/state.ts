import { closeSync, futimesSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type ExitName, UpdaterError } from '../errors.js'
import { readIfAllowed, readIfThere, replaceFile, sweepTemps } from './files.js'

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
  quarantine: Quarantine
  warnings: string[]
  addresses: Record<string, string>
}

/** The memory of one live file: the state as it is, and `save`, which writes it durably where something changed. */
export interface Memory {
  readonly state: Readonly<State>
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
  let state = readState(path, live, readOnly)
  return {
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

function readState(path: string, live: string, readOnly: boolean): State {
  const fresh: State = {
    live,
    phase: 'new',
    target: undefined,
    rollback: undefined,
    gateSince: undefined,
    failing: undefined,
    quarantine: {},
    warnings: [],
    addresses: {},
  }
  const text = readOnly ? readIfAllowed(path) : readIfThere(path)
  if (text === undefined) return fresh
  const stored = parse(text)
  if (!stored) return { ...fresh, phase: 'applying' }
  if (stored.live !== live) {
    throw new UpdaterError(
      'usage',
      `${path} belongs to ${stored.live}, not to ${live}; give each live file a --state-dir of its own`,
    )
  }
  return { ...fresh, ...stored }
}

function parse(text: string): State | undefined {
  try {
    const stored: unknown = JSON.parse(text)
    return isState(stored) ? stored : undefined
  } catch {
    return undefined
  }
}

function isState(value: unknown): value is State {
  if (!isRecord(value)) return false
  const { live, phase, target, quarantine, warnings, addresses, rollback, gateSince, failing } = value
  return (
    typeof live === 'string' &&
    ['new', 'loaded', 'applying', 'written'].includes(String(phase)) &&
    isOptional(target, 'string') &&
    isOptional(gateSince, 'number') &&
    (quarantine === undefined || (isRecord(quarantine) && Object.values(quarantine).every(isQuarantined))) &&
    Array.isArray(warnings) &&
    warnings.every((warning) => typeof warning === 'string') &&
    isRecord(addresses) &&
    Object.values(addresses).every((address) => typeof address === 'string') &&
    (rollback === undefined || (isRecord(rollback) && isCount(rollback['attempts']) && isCount(rollback['at']))) &&
    (failing === undefined || (isRecord(failing) && isCount(failing['since']) && isCount(failing['told'])))
  )
}

const isQuarantined = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['appId'] === 'string' &&
  isCount(value['portIndex']) &&
  typeof value['hash'] === 'string' &&
  typeof value['reason'] === 'string' &&
  isCount(value['since'])

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const isOptional = (value: unknown, type: string): boolean => value === undefined || typeof value === type

const isCount = (value: unknown): value is number => typeof value === 'number'

/** Notes the time of a success: the modification time of one file, touched without a sync. */
export function touchSuccess(stateDir: string): void {
  const file = openSync(join(stateDir, 'success'), 'a', 0o600)
  futimesSync(file, new Date(), new Date())
  closeSync(file)
}
