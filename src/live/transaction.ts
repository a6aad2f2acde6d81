import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, UpdaterError } from '../errors.js'
import { type ReloadWay, reload } from '../haproxy/reload.js'
import { askRunning, type Running } from '../haproxy/running.js'
import type { Proof } from '../outcome.js'
import type { Configuration } from '../render/configuration.js'
import type { Loadable } from '../render/maps.js'
import { type LiveFile, readIfThere, replaceFile, sweepTemps } from './files.js'
import { keepOriginal, keepProven, lastProven, liveLoadable, sweepMaps } from './proven.js'
import { type Memory, touchSuccess } from './state.js'

/** A live file and what is remembered of it. */
export interface Place {
  live: LiveFile
  stateDir: string
  memory: Memory
}

/** What a transaction changes and by which means. `way` undefined: nobody reloads HAProxy (`--reload none`). */
export interface Site extends Place {
  statsSocket: string | undefined
  way: ReloadWay | undefined
  /** Where the words of the reload command go. */
  log: string
  /** What `haproxy -c` took, in ms. */
  validationTook: number
}

const reloadLimit = 10_000
const shortestSilence = 5000
const afterAdmittedFailure = 1000
const backoff = [1, 2, 4, 8, 15].map((minutes) => minutes * 60_000)

/** Whether the live file or its map differs from a configuration. */
export function needsWriting({ text, map }: Configuration, live: LiveFile): boolean {
  return live.text !== text || (map !== undefined && readIfThere(map.path) !== map.text)
}

/** Whether HAProxy runs something else than this marker; only where it cannot be asked do the notes of the last run decide. */
export function needsReload(marker: string, running: Running, { state }: Memory): boolean {
  if (running.state === 'not-asked') return state.phase === 'applying'
  return running.state === 'not-running' || running.marker !== marker
}

/**
 * Makes a validated configuration live: note, map, file, reload, proof. Throws `cannot-write` with nothing changed, `rolled-back`
 * with the last proven configuration back, or `reload-pending` where HAProxy does not run what is on disk. Gives notes for the report.
 */
export async function apply(
  configuration: Configuration,
  running: Running,
  site: Site,
): Promise<{ proof: Proof; notes: string[] }> {
  const notes = prepare(running, site)
  site.memory.save({ phase: 'applying', target: configuration.marker })
  install(configuration, site.live)
  if (!site.way) return { proof: 'not-reloaded', notes: [...notes, ...settle(configuration, site, 'written')] }
  const loaded = await reloadAndVerify(configuration.marker, running, site.way, site)
  if (!loaded.well) return rollBack(configuration, running, loaded.reason, site)
  return { proof: loaded.proof, notes: [...notes, ...settle(configuration, site, 'loaded')] }
}

/** What must be so before the first change: no leavings of a dead run, the stranger's file and what runs now kept to go back to. */
function prepare(running: Running, { live, stateDir, statsSocket, way }: Site): string[] {
  if (way && statsSocket && !existsSync(dirname(statsSocket))) {
    throw new UpdaterError(
      'cannot-write',
      `the folder of the stats socket ${statsSocket} is missing; create it or give --stats-socket`,
    )
  }
  sweepTemps(live.path)
  const kept = keepOriginal(stateDir, live)
  const current = liveLoadable(live)
  if (current?.marker && running.state === 'answers' && running.marker === current.marker)
    keepAsProven(current, live, stateDir)
  return kept ? [`${live.path} was not written by this program; it is kept as ${kept}`] : []
}

function keepAsProven(current: Loadable, live: LiveFile, stateDir: string): void {
  if (lastProven(stateDir, live.path)?.text !== current.text) keepProven(stateDir, live.path, current)
}

/** The map before the text that names it: a missing map is fatal to HAProxy, so replacing the text stays the one atomic step. */
function install({ text, map }: Loadable, live: LiveFile): void {
  if (map) replaceFile(map.path, map.text, live.attributes)
  replaceFile(live.path, text, live.attributes)
}

type Loaded = { well: true; proof: Proof } | { well: false; reason: string }

/** HAProxy 2.6 loses a reload signal that comes during a reload, so silence is answered with one more. */
async function reloadAndVerify(marker: string, running: Running, way: ReloadWay, site: Site): Promise<Loaded> {
  if (running.state === 'answers' && running.marker === marker) return { well: true, proof: 'verified' }
  const silence = Math.max(shortestSilence, 3 * site.validationTook)
  for (let tries = 1; ; tries++) {
    const said = await reload(way, reloadLimit, site.log)
    if (site.statsSocket === undefined)
      return said.failed ? { well: false, reason: said.reason } : { well: true, proof: 'unverified' }
    const seen = await watch(site.statsSocket, said.failed ? afterAdmittedFailure : silence, (now) =>
      shows(now, marker),
    )
    if (seen) return { well: true, proof: 'verified' }
    if (said.failed) return { well: false, reason: said.reason }
    if (tries === 2) return { well: false, reason: 'HAProxy did not load it, though the reload was asked for twice' }
  }
}

const shows = (running: Running, marker: string): boolean => running.state === 'answers' && running.marker === marker

/** Asks the running HAProxy until it is as wanted, from a few milliseconds apart up; false when `limit` ms have gone by. */
async function watch(statsSocket: string, limit: number, isWanted: (running: Running) => boolean): Promise<boolean> {
  const until = Date.now() + limit
  for (let pause = 5; ; pause = Math.min(2 * pause, 200)) {
    if (isWanted(await askQuietly(statsSocket))) return true
    if (Date.now() + pause > until) return false
    await sleep(pause)
  }
}

/** Once the live file is changed, a socket that may not be opened is one more way of not being proven. */
async function askQuietly(statsSocket: string | undefined): Promise<Running> {
  try {
    return await askRunning(statsSocket ? [statsSocket] : [])
  } catch {
    return { state: 'not-running' }
  }
}

/** Puts the last proven configuration back; always throws. */
async function rollBack(failed: Configuration, before: Running, reason: string, site: Site): Promise<never> {
  const { live, memory, statsSocket, way } = site
  const proven = lastProven(site.stateDir, live.path)
  const now = await askQuietly(statsSocket)
  if (now.state === 'not-running' && before.state !== 'answers') {
    throw new UpdaterError(
      'reload-pending',
      `HAProxy is not running (${reason}); the new ${live.path} waits for it; start HAProxy`,
    )
  }
  if (!proven) {
    throw new UpdaterError(
      'reload-pending',
      `${reason}; there is no proven configuration yet to go back to, so ${live.path} stays`,
    )
  }
  const attempts = (memory.state.rollback?.attempts ?? 0) + 1
  try {
    memory.save({ rollback: { attempts, at: Date.now() } })
    install(proven, live)
  } catch (error) {
    throw new UpdaterError('reload-pending', `${reason}; going back failed too: ${reasonOf(error)}`, { cause: error })
  }
  if (!(await isBack(proven, failed.marker, now, site, way))) {
    throw new UpdaterError(
      'reload-pending',
      `${reason}; ${live.path} is the last proven one again, but HAProxy does not run it`,
    )
  }
  memory.save({ phase: 'loaded', target: proven.marker })
  throw new UpdaterError(
    'rolled-back',
    `${reason}; the last proven configuration is back; next attempt in ${minutesAfter(attempts)} min`,
  )
}

/** Proof of a roll-back is that HAProxy answers and does not show the failed text; a reload is only spent where it runs another. */
async function isBack(
  proven: Loadable,
  failed: string,
  now: Running,
  site: Site,
  way: ReloadWay | undefined,
): Promise<boolean> {
  const isProof = (running: Running): boolean => running.state === 'answers' && running.marker !== failed
  if (now.state === 'answers' && now.marker === proven.marker) return true
  const said = way ? await reload(way, reloadLimit, site.log) : { failed: true }
  if (site.statsSocket === undefined) return !said.failed
  return watch(site.statsSocket, said.failed ? afterAdmittedFailure : shortestSilence, isProof)
}

const minutesAfter = (attempts: number): number => (backoff[Math.min(attempts, backoff.length) - 1] ?? 0) / 60_000

/** The time (ms since 1970) before which a run does not try again after a roll-back; undefined where it need not wait. */
export function waitUntil({ state }: Memory): number | undefined {
  return state.rollback && state.rollback.at + minutesAfter(state.rollback.attempts) * 60_000
}

/**
 * Notes that a configuration is live and proven, or just written. Nothing that fails here undoes what HAProxy already runs: each
 * failure is a note.
 */
export function settle(
  configuration: Loadable,
  { stateDir, live, memory }: Place,
  phase: 'loaded' | 'written',
): string[] {
  try {
    if (phase === 'loaded' && lastProven(stateDir, live.path)?.text !== configuration.text)
      keepProven(stateDir, live.path, configuration)
    const changed = memory.state.phase !== phase || memory.state.target !== configuration.marker
    if (changed) sweepMaps(stateDir, live.path, configuration.text)
    memory.save({ phase, target: configuration.marker, gateSince: undefined, ...(changed && { rollback: undefined }) })
    touchSuccess(stateDir)
    return []
  } catch (error) {
    return [`${live.path} is live, but this could not be noted in ${stateDir}: ${reasonOf(error)}`]
  }
}
