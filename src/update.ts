import { dirname } from 'node:path'
import { compose, type Draft } from './compose.js'
import { reasonOf } from './errors.js'
import { serversIn } from './haproxy/config-text.js'
import { requireLoadable } from './haproxy/loadable.js'
import { findReloadWay } from './haproxy/reload.js'
import { askRunning, type Running } from './haproxy/running.js'
import { type Verdict, validate } from './haproxy/validate.js'
import { type LiveFile, readLive } from './live/files.js'
import { type Crossing, checkGate, isOverLimit } from './live/gate.js'
import { needsWriting } from './live/install.js'
import { provenText } from './live/proven.js'
import { refuseRejected } from './live/rejected.js'
import { refuseWhileWaiting } from './live/rollback.js'
import { type Staged, stage } from './live/staging.js'
import type { Memory } from './live/state.js'
import { apply, needsReload, type Place, settle } from './live/transaction.js'
import { fetchFrom, type Reply, readRecorded } from './marathon/source.js'
import type { Options } from './options.js'
import type { Change, Outcome, Proof } from './outcome.js'
import type { Configuration } from './render/configuration.js'
import { markerIn } from './render/marker.js'
import { liveServers, socketsToAsk, surroundingsOf } from './surroundings.js'

/** What one run works with. `started` is in ms since 1970. */
interface Run {
  options: Options
  memory: Memory
  live: LiveFile
  running: Running
  /** The text of the last proven configuration, empty where there is none. */
  proven: string
  started: number
}

/**
 * One run: ask Marathon, render, compare; where something differs, validate, pass the gate, replace, reload and verify.
 * `patient`: a roll-back is waited out. Throws an UpdaterError for each way to fail; the live file then is as it was, or proven.
 */
export async function update(options: Options, memory: Memory, patient: boolean): Promise<Outcome> {
  const started = Date.now()
  const live = readLive(options.haproxyConfig)
  const running = await askRunning(socketsToAsk(options, live), options.dryRun)
  const proven = provenText(options.stateDir, options.dryRun) ?? ''
  const run = { options, memory, live, running, proven, started }

  const draft = await compose(await askMarathon(options), options, surroundingsOf(run))
  if (options.reload !== 'none' && options.statsSocket) {
    requireLoadable(draft.configuration.text, options.statsSocket, live)
  }
  watchGate(draft, run)
  if (!needsWriting(draft.configuration, live) && !reloadIsDue(draft, run)) {
    return unchanged(draft, run)
  }

  const staged = stage(draft.configuration, !options.dryRun)
  try {
    const verdict = await validate(options.haproxy, staged, dirname(live.path), timeLeft(run))
    refuseRejected(verdict, draft.configuration, staged, options.dryRun ? undefined : options.stateDir)
    if (options.dryRun) return pending(draft, verdict, run)
    passGate(draft, run)
    if (patient) refuseWhileWaiting(memory, Date.now())
    return await makeLive(draft, verdict, staged, run)
  } finally {
    staged.remove()
  }
}

/** The rendered configuration as a run would write it; nothing is asked of HAProxy, and nothing written. */
export async function render(options: Options, live: string): Promise<Draft> {
  const file = readLive(options.haproxyConfig, true)
  const around = { live, isLive: liveServers(file.text ?? ''), addressesSeen: {}, held: undefined }
  return compose(await askMarathon(options), options, around)
}

/** Asking takes at most two thirds of the time, so that a slow Marathon leaves some for the validation. */
function askMarathon(options: Options): Promise<Reply> | Reply {
  return options.from === undefined ? fetchFrom(options, (options.timeout * 2) / 3) : readRecorded(options.from)
}

/** The validation gets what is left of the time, and a second at least. */
const timeLeft = ({ started, options }: Run): number => Math.max(1000, started + options.timeout - Date.now())

function unchanged({ configuration, warnings, addresses }: Draft, run: Run): Outcome {
  const { memory, options } = run
  if (options.dryRun) return { kind: 'unchanged', proof: proofOf(run), warnings, notes: [] }
  memory.save({ addresses })
  const phase = options.reload === 'none' ? 'written' : 'loaded'
  const notes = settle(configuration, placeOf(run), phase)
  return { kind: 'unchanged', proof: proofOf(run), warnings, notes }
}

function proofOf({ options, running }: Run): Proof {
  if (options.reload === 'none') return 'not-reloaded'
  return running.state === 'answers' ? 'verified' : 'unverified'
}

/** Notes since when every reply has been over the limit of the gate; one below it ends that. */
function watchGate(draft: Draft, run: Run): void {
  const crossed = draft.configuration.text === run.live.text ? undefined : crossing(draft, run)
  const isOver = crossed !== undefined && isOverLimit(crossed)
  run.memory.save({ gateSince: isOver ? Math.min(crossed.since ?? crossed.now, crossed.now) : undefined })
}

function passGate(draft: Draft, run: Run): void {
  checkGate(crossing(draft, run))
}

/** Before are the servers of the live file, or of what HAProxy runs, should somebody have emptied the file. */
function crossing({ configuration }: Draft, { live, options, memory, ...run }: Run): Crossing {
  const isRunning = run.running.state === 'answers' && run.running.marker === markerIn(run.proven)
  const running = isRunning ? run.proven : ''
  const { maxDrop, confirmAfter, allowEmpty } = options
  const after = serversIn(configuration.text).length
  const before = Math.max(
    ...[live.text ?? '', running].map((text) => (text === configuration.text ? after : serversIn(text).length)),
  )
  return { before, after, maxDrop, confirmAfter, allowEmpty, since: memory.state.gateSince, now: Date.now() }
}

function pending(draft: Draft, verdict: Verdict, run: Run): Outcome {
  const { configuration, warnings } = draft
  const change = changeOf(configuration, run.live)
  return {
    kind: 'pending',
    change,
    reload: reloadIsDue(draft, run),
    refusal: refusalOf(draft, run),
    warnings,
    notes: waived(verdict),
  }
}

/** A dry run shows what the gate refuses all the same: that is when one wants to see it. */
function refusalOf(draft: Draft, run: Run): string | undefined {
  try {
    passGate(draft, run)
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

const reloadIsDue = ({ configuration }: Draft, run: Run): boolean =>
  run.options.reload !== 'none' && needsReload(configuration, placeOf(run))

const placeOf = ({ options, memory, live, running }: Run): Place => ({
  stateDir: options.stateDir,
  memory,
  live,
  running,
})

const changeOf = ({ text }: Configuration, { path, text: before = '' }: LiveFile): Change => ({
  live: path,
  before,
  after: text,
})

const waived = (verdict: Verdict): string[] =>
  verdict.how === 'waived' ? ['validation was waived by --haproxy none'] : []

/** Hands the validated configuration to the transaction, with the way to reload found out before anything is touched. */
async function makeLive(draft: Draft, verdict: Verdict, staged: Staged, run: Run): Promise<Outcome> {
  const { configuration, warnings, addresses } = draft
  const { options, memory, live, running, started } = run
  const { reload, statsSocket } = options
  const way = reload === 'none' ? undefined : await findReloadWay(reload, running.state !== 'not-running')
  const validationTook = verdict.how === 'valid' ? verdict.took : 0
  memory.save({ addresses })
  const site = { ...placeOf(run), statsSocket, way, log: staged.log, validationTook }
  const { proof, notes } = await apply(configuration, site)
  const took = Date.now() - started
  return {
    kind: 'updated',
    change: changeOf(configuration, live),
    proof,
    took,
    warnings,
    notes: [...waived(verdict), ...notes],
  }
}
