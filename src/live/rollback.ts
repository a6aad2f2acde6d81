import { reasonOf, UpdaterError } from '../errors.js'
import { statsSocketsIn } from '../haproxy/config-text.js'
import { masterAnswers } from '../haproxy/reload.js'
import { askAfterwards, type Reloading, reloadUntil } from '../haproxy/verify.js'
import type { Loadable } from '../render/maps.js'
import type { LiveFile } from './files.js'
import { install } from './install.js'
import { lastProven } from './proven.js'
import type { Memory, State } from './state.js'

/** A reload that failed: of what, why, by which means it is to be undone, and whether HAProxy answered before. */
interface Failed {
  configuration: Loadable
  reason: string
  live: LiveFile
  stateDir: string
  memory: Memory
  reloading: Reloading
  answeredBefore: boolean
}

const minutesToWait = [1, 2, 4, 8, 15]

/**
 * Puts the last proven configuration back; always throws: `rolled-back` where HAProxy answers and does not show the failed text,
 * `reload-pending` where HAProxy is not running, there is nothing to go back to, or going back failed too.
 */
export async function rollBack(failed: Failed): Promise<never> {
  const { configuration, reason, live, stateDir } = failed
  const proven = lastProven(stateDir, live)
  const reloading = askingAlso(statsSocketsIn(proven?.text ?? ''), failed.reloading)
  const now = await askAfterwards(reloading.statsSockets)
  if (now.state === 'not-running' && !(await isUp(failed))) {
    noteFailure(failed, 'reload-pending')
    throw pending(
      `HAProxy does not answer on ${reloading.statsSockets[0]}: it is not running, or runs a configuration without that socket ` +
        `(${reason}); the new ${live.path} waits for it; start or restart HAProxy`,
    )
  }
  if (!proven || proven.text === configuration.text) {
    noteFailure(failed, 'reload-pending')
    throw pending(`${reason}; ${live.path} stays, since there is no other proven configuration to go back to`)
  }
  putBack(proven, failed)
  const stayed = now.state === 'answers' && now.marker === proven.marker
  if (!stayed && !(await isBack(configuration, reloading))) {
    noteFailure(failed, 'reload-pending')
    const running =
      reloading.statsSockets.length > 0 ? 'HAProxy does not run it' : 'that HAProxy runs it cannot be verified'
    throw pending(`${reason}; ${live.path} is what it was before again, but ${running}`)
  }
  const minutes = noteFailure(failed, 'rolled-back', proven)
  throw new UpdaterError(
    'rolled-back',
    `${reason}; the last proven configuration is back; next attempt in ${minutes} min`,
  )
}

/** What is put back may open another stats socket than what failed. */
const askingAlso = (sockets: string[], reloading: Reloading): Reloading =>
  reloading.statsSockets.length === 0
    ? reloading
    : {
        ...reloading,
        statsSockets: [...new Set([...reloading.statsSockets, ...sockets.filter((path) => path.startsWith('/'))])],
      }

/** A HAProxy that answered before, or whose master answers, serves, though its stats socket says nothing. */
const isUp = async ({ answeredBefore, reloading: { way } }: Failed): Promise<boolean> =>
  answeredBefore || (way.by === 'master' && (await masterAnswers(way.socket)))

const pending = (message: string, cause?: unknown): UpdaterError =>
  new UpdaterError('reload-pending', message, { cause })

function putBack(proven: Loadable, { live, reason }: Failed): void {
  try {
    install(proven, live)
  } catch (error) {
    throw pending(`${reason}; going back failed too: ${reasonOf(error)}`, error)
  }
}

async function isBack(configuration: Loadable, reloading: Reloading): Promise<boolean> {
  const loaded = await reloadUntil((now) => now.state === 'answers' && now.marker !== configuration.marker, reloading)
  return loaded.well
}

/** Remembers one more failed attempt; gives the minutes until the next. */
function noteFailure({ memory }: Failed, exit: 'rolled-back' | 'reload-pending', proven?: Loadable): number {
  const attempts = (memory.state.rollback?.attempts ?? 0) + 1
  const settled: Partial<State> = proven ? { phase: 'loaded', target: proven.marker } : {}
  try {
    memory.save({ rollback: { attempts, at: Date.now(), exit }, ...settled })
  } catch {
    // The next run tries again a little early; what went wrong with the reload is the better thing to tell.
  }
  return minutesAfter(attempts)
}

const minutesAfter = (attempts: number): number => minutesToWait[Math.min(attempts, minutesToWait.length) - 1] ?? 0

/** Whether a failed reload is still to be waited out: 1, 2, 4 … 15 minutes. `now` is in ms since 1970. */
export function isWaiting(memory: Memory, now: number): boolean {
  const { rollback } = memory.state
  // A clock that was set back must not make the wait longer.
  return rollback !== undefined && now >= rollback.at && now < endOfWait(rollback)
}

const endOfWait = ({ at, attempts }: { at: number; attempts: number }): number => at + minutesAfter(attempts) * 60_000

/** Throws, as the failed attempt did, while it is to be waited out; `reload-pending` where HAProxy does not even run. */
export function refuseWhileWaiting(memory: Memory, now: number, isRunning: boolean): void {
  const { rollback } = memory.state
  if (!rollback || !isWaiting(memory, now)) return
  const minutes = Math.ceil((endOfWait(rollback) - now) / 60_000)
  throw new UpdaterError(
    isRunning ? rollback.exit : 'reload-pending',
    `${isRunning ? '' : 'HAProxy does not answer on its stats socket, and '}the last reload failed; the next attempt is in ${minutes} min, or now with --retry`,
  )
}
