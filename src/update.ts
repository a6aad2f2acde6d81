import { type Account, note, timed } from './account.js'
import { compose, type Draft } from './compose.js'
import { reasonOf, UpdaterError } from './errors.js'
import { serversIn } from './haproxy/config-text.js'
import { requireLoadable } from './haproxy/loadable.js'
import { findReloadWay } from './haproxy/reload.js'
import { askRunning, type Running } from './haproxy/running.js'
import type { Verdict } from './haproxy/validate.js'
import { type LiveFile, readLive } from './live/files.js'
import { type Crossing, checkGate, isOverLimit } from './live/gate.js'
import { needsWriting } from './live/install.js'
import { provenText } from './live/proven.js'
import { refuseWhileWaiting } from './live/rollback.js'
import type { Memory, State } from './live/state.js'
import { apply, needsReload, type Place, settle } from './live/transaction.js'
import { fetchFrom, type Reply, readRecorded } from './marathon/source.js'
import type { Options } from './options.js'
import type { Change, Outcome, Proof } from './outcome.js'
import { refuseQuarantined } from './quarantine.js'
import type { Configuration } from './render/configuration.js'
import { markerIn } from './render/marker.js'
import { liveServers, resolver, socketsToAsk, surroundingsOf, timeLeft } from './surroundings.js'
import { stageValid, type Valid } from './valid.js'

/** What one run works with. `started` is in ms since 1970. */
interface Run {
  options: Options
  memory: Memory
  account: Account
  live: LiveFile
  running: Running
  /** The text of the last proven configuration, empty where there is none. */
  proven: string
  patient: boolean
  started: number
}

/**
 * One run: ask Marathon, render, compare; where something differs, validate, pass the gate, replace, reload and verify.
 * `patient`: what failed not long ago is waited out. `account` is written as the run goes. Throws an UpdaterError for each way to fail; the live file then is as it was, or
 * proven.
 */
export async function update(options: Options, memory: Memory, patient: boolean, account: Account): Promise<Outcome> {
  const started = Date.now()
  const live = readLive(options.haproxyConfig)
  const running = await askRunning(socketsToAsk(options, live), options.dryRun)
  const proven = provenText(options.stateDir, options.dryRun) ?? ''
  const run = { options, memory, account, live, running, proven, patient, started }

  const reply = await timed(account, 'fetch', () => askMarathon(options))
  account.answered = reply.from
  const draft = await timed(account, 'render', () => compose(reply, options, surroundingsOf(run)))
  note(account, draft)
  if (options.strict) refuseQuarantined(draft)
  if (options.reload !== 'none' && options.statsSocket) {
    requireLoadable(draft.configuration.text, options.statsSocket, live)
  }
  if (isCurrent(draft, run)) return unchanged(draft, run)

  const valid = await timed(account, 'validate', () =>
    stageValid(draft, { options, memory, live, timeLeft: () => timeLeft(run) }),
  )
  note(account, valid.draft)
  try {
    watchGate(valid.draft, run)
    if (isCurrent(valid.draft, run)) return unchanged(valid.draft, run)
    account.change = changeOf(valid.draft.configuration, live)
    if (options.dryRun) return pending(valid, run)
    passGate(valid.draft, run)
    if (patient) refuseWhileWaiting(memory, Date.now())
    return await timed(account, 'apply', () => makeLive(valid, run))
  } finally {
    valid.staged.remove()
  }
}

/** Whether the live file is this configuration, and HAProxy runs it as far as can be told. */
const isCurrent = (draft: Draft, run: Run): boolean =>
  !needsWriting(draft.configuration, run.live) && !reloadIsDue(draft, run)

/** The rendered configuration as a run would write it; nothing is asked of HAProxy, and nothing written. */
export async function render(options: Options, live: string): Promise<Draft> {
  const { draft } = await draftOf(options, live, { quarantine: {}, addresses: {} })
  return draft
}

/** What Marathon answers and what a run would make of it, with what the last one `remembered`; nothing is asked of HAProxy. */
export async function draftOf(
  options: Options,
  live: string,
  remembered: Pick<State, 'quarantine' | 'addresses'>,
): Promise<{ from: string; draft: Draft }> {
  const file = readLive(options.haproxyConfig, true)
  const started = Date.now()
  const around = {
    live,
    isLive: liveServers(file.text ?? ''),
    resolveHosts: resolver(remembered.addresses, { started, options }),
    quarantine: remembered.quarantine,
    held: undefined,
  }
  const reply = await askMarathon(options)
  return { from: reply.from, draft: await compose(reply, options, around) }
}

/** Asking takes at most two thirds of the time, so that a slow Marathon leaves some for the validation. */
export function askMarathon(options: Options): Promise<Reply> | Reply {
  const [file, another] = options.from ?? []
  if (another !== undefined)
    throw new UpdaterError('usage', `--from is given more than once (${file}, ${another}), which only check takes`)
  return file === undefined ? fetchFrom(options, (options.timeout * 2) / 3) : readRecorded(file)
}

function unchanged({ configuration, quarantine, addresses }: Draft, run: Run): Outcome {
  const { memory, options } = run
  const { warnings } = run.account
  if (options.dryRun) return { kind: 'unchanged', proof: proofOf(run), warnings, notes: [] }
  memory.save({ addresses, quarantine, gateSince: undefined })
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
  const crossed = crossing(draft, run)
  run.memory.save({ gateSince: isOverLimit(crossed) ? Math.min(crossed.since ?? crossed.now, crossed.now) : undefined })
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

function pending({ draft, verdict }: Valid, run: Run): Outcome {
  const change = changeOf(draft.configuration, run.live)
  return {
    kind: 'pending',
    change,
    reload: run.options.reload !== 'none' && (needsWriting(draft.configuration, run.live) || reloadIsDue(draft, run)),
    refusal: refusalOf(draft, run),
    warnings: run.account.warnings,
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
async function makeLive({ draft, verdict, staged }: Valid, run: Run): Promise<Outcome> {
  const { configuration, quarantine, addresses } = draft
  const { options, memory, live, running, started } = run
  const { reload, statsSocket } = options
  const way = reload === 'none' ? undefined : await findReloadWay(reload, running.state !== 'not-running')
  const validationTook = verdict.how === 'valid' ? verdict.took : 0
  memory.save({ addresses, quarantine })
  const site = { ...placeOf(run), statsSocket, way, log: staged.log, validationTook }
  const { proof, notes } = await apply(configuration, site)
  const took = Date.now() - started
  return {
    kind: 'updated',
    change: changeOf(configuration, live),
    proof,
    took,
    warnings: run.account.warnings,
    notes: [...waived(verdict), ...notes],
  }
}
