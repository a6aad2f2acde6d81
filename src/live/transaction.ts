import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { reasonOf, UpdaterError } from '../errors.js'
import type { ReloadWay } from '../haproxy/reload.js'
import type { Running } from '../haproxy/running.js'
import { type Loaded, reloadUntil } from '../haproxy/verify.js'
import type { Proof } from '../outcome.js'
import type { Configuration } from '../render/configuration.js'
import { isIntact, isMapName, type Loadable } from '../render/maps.js'
import { markerIn } from '../render/marker.js'
import { type LiveFile, sweepTemps } from './files.js'
import { install, needsWriting } from './install.js'
import { keepOriginal, keepProven, liveLoadable, provenText, sweepMaps } from './proven.js'
import { isWaiting, rollBack } from './rollback.js'
import { type Memory, touchSuccess } from './state.js'

/** A live file, what is remembered of it, and what HAProxy said it runs before anything was changed. */
export interface Place {
  live: LiveFile
  stateDir: string
  memory: Memory
  running: Running
}

/** Where a transaction works and by which means. `way` undefined: nobody reloads HAProxy (`--reload none`). */
export interface Site extends Place {
  way: ReloadWay | undefined
  statsSocket: string | undefined
  /** Where the words of a reload command go. */
  log: string
  /** What `haproxy -c` took, in ms. */
  validationTook: number
}

/**
 * Whether HAProxy runs something else than this configuration, or may: a live file or map that was edited under the same marker may
 * have been loaded. Only where HAProxy cannot be asked do the notes of the last run decide.
 */
export function needsReload(configuration: Configuration, { live, running, memory }: Place): boolean {
  if (running.state === 'not-asked') return ['applying', 'written'].includes(memory.state.phase)
  return !shows(running, configuration.marker) || isEdited(configuration, live)
}

const isEdited = (configuration: Configuration, live: LiveFile): boolean =>
  markerIn(live.text ?? '') === configuration.marker && needsWriting(configuration, live)

/**
 * Makes a validated configuration live: note, map, text, reload, proof. Throws `cannot-write` with nothing changed, `rolled-back`
 * with the last proven configuration back, or `reload-pending` where HAProxy does not run what is on disk. Gives notes to report.
 */
export async function apply(configuration: Configuration, site: Site): Promise<{ proof: Proof; notes: string[] }> {
  const notes = prepare(site)
  const late = site.running.state === 'answers' && !needsReload(configuration, site)
  site.memory.save({ phase: 'applying', target: configuration.marker })
  install(configuration, site.live)
  if (!site.way) return { proof: 'not-reloaded', notes: [...notes, ...settle(configuration, site, 'written')] }
  // No reload is spent on what HAProxy runs already, such as after a reload that came late.
  const loaded = late ? verified : await load(configuration, site.way, site)
  if (!loaded.well) return undo(configuration, loaded.reason, site.way, site)
  return { proof: loaded.proof, notes: [...notes, ...settle(configuration, site, 'loaded')] }
}

/** What must be so before the first change: no leavings of a dead run, and what there was kept to go back to. */
function prepare({ live, stateDir, running, way, statsSocket }: Site): string[] {
  if (way && statsSocket && !existsSync(dirname(statsSocket))) {
    throw new UpdaterError(
      'cannot-write',
      `the folder of the stats socket ${statsSocket} is missing; create it or see --stats-socket`,
    )
  }
  sweepTemps(dirname(live.path), (name) => name === basename(live.path) || isMapName(name, live.path))
  const kept = keepOriginal(stateDir, live)
  const current = liveLoadable(live)
  if (current?.marker && shows(running, current.marker) && isIntact(current, live.path)) keepIfNew(current, stateDir)
  return kept ? [`${live.path} was not written by this program; it is kept as ${kept}`] : []
}

const shows = (running: Running, marker: string): boolean => running.state === 'answers' && running.marker === marker

function keepIfNew(configuration: Loadable, stateDir: string): void {
  if (provenText(stateDir) !== configuration.text) keepProven(stateDir, configuration)
}

const verified: Loaded = { well: true, proof: 'verified' }

/** Where the marker was there before, only another worker proves the reload. */
async function load({ marker }: Configuration, way: ReloadWay, site: Site): Promise<Loaded> {
  const before = site.running
  const isNew = (now: Running): boolean =>
    before.state !== 'answers' || now.state !== 'answers' || now.pid !== before.pid
  try {
    return await reloadUntil(
      (now) => shows(now, marker) && (!shows(before, marker) || isNew(now)),
      reloading(way, site),
    )
  } catch (error) {
    // Whatever goes wrong once the live file is new, it must be undone.
    return { well: false, reason: `the reload ended in an error: ${reasonOf(error)}` }
  }
}

const shortestSilence = 5000

const reloading = (way: ReloadWay, { statsSocket, log, validationTook }: Site) => ({
  way,
  statsSockets: statsSocket === undefined ? [] : [statsSocket],
  log,
  silence: Math.max(shortestSilence, 3 * validationTook),
})

function undo(configuration: Configuration, reason: string, way: ReloadWay, site: Site): Promise<never> {
  const { live, stateDir, memory, running } = site
  const answeredBefore = running.state !== 'not-running'
  return rollBack({ configuration, reason, live, stateDir, memory, reloading: reloading(way, site), answeredBefore })
}

/**
 * Notes that a configuration is live, and proven or just written. Nothing that fails here undoes what HAProxy already runs: it
 * becomes a note to report.
 */
export function settle(configuration: Configuration, place: Place, phase: 'loaded' | 'written'): string[] {
  const { stateDir, live, memory } = place
  try {
    if (phase === 'loaded') keepIfNew(configuration, stateDir)
    if (memory.state.phase !== phase || memory.state.target !== configuration.marker) {
      sweepMaps(stateDir, live.path, configuration.text)
      memory.save({ phase, target: configuration.marker, gateSince: undefined, rollback: undefined })
    }
    // A wait that is over, with nothing left to try, is forgotten: the next failure begins at the first step again.
    if (!isWaiting(memory, Date.now())) memory.save({ rollback: undefined })
    touchSuccess(stateDir)
    return []
  } catch (error) {
    return [`warning: ${live.path} is live, but that could not be noted in ${stateDir}: ${reasonOf(error)}`]
  }
}
