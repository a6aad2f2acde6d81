import { note, timed } from './account.js'
import { compose, type Draft } from './compose.js'
import { isCurrent, placeOf, type Run, reloadIsDue, unchanged } from './current.js'
import { reasonOf } from './errors.js'
import { serversIn } from './haproxy/config-text.js'
import { requireLoadable } from './haproxy/loadable.js'
import { findReloadWay } from './haproxy/reload.js'
import type { Verdict } from './haproxy/validate.js'
import type { LiveFile } from './live/files.js'
import { type Crossing, checkGate, isOverLimit } from './live/gate.js'
import { needsWriting } from './live/install.js'
import { refuseWhileWaiting } from './live/rollback.js'
import { keepSeen } from './live/seen.js'
import { apply } from './live/transaction.js'
import type { FindingKind } from './marathon/findings.js'
import type { Reply } from './marathon/source.js'
import type { Change, Outcome } from './outcome.js'
import { refuseQuarantined } from './quarantine.js'
import type { Configuration } from './render/configuration.js'
import { markerIn } from './render/marker.js'
import { surroundingsOf, timeLeft } from './surroundings.js'
import { stageValid, type Valid } from './valid.js'

/**
 * Makes a reply into a configuration; where it is not what is live, validates, passes the gate, replaces, reloads and verifies. Throws as
 * `update` does.
 */
export async function renew(reply: Reply, run: Run): Promise<Outcome> {
  const { options, memory, account, live, patient } = run
  const draft = await timed(account, 'render', () => compose(reply, options, surroundingsOf(run)))
  note(account, draft)
  if (options.strict) refuseQuarantined(draft)
  if (options.reload !== 'none' && options.statsSocket) {
    requireLoadable(draft.configuration.text, options.statsSocket, live)
  }
  if (isCurrent(draft.configuration, run)) {
    keepSight(draft, reply, run)
    return unchanged(draft, run)
  }

  const valid = await timed(account, 'validate', () =>
    stageValid(draft, { options, memory, live, timeLeft: () => timeLeft(run) }),
  )
  note(account, valid.draft)
  try {
    watchGate(valid.draft, run)
    if (isCurrent(valid.draft.configuration, run)) return unchanged(valid.draft, run)
    account.change = changeOf(valid.draft.configuration, live)
    if (options.dryRun) return pending(valid, run)
    passGate(valid.draft, run)
    if (patient) refuseWhileWaiting(memory, Date.now(), run.running.state !== 'not-running')
    return await timed(account, 'apply', () => makeLive(valid, run))
  } finally {
    valid.staged.remove()
  }
}

/** What depends on more than a reply and what stands on this host's disk: on DNS, on other processes, on HAProxy's word. */
const passing: ReadonlySet<FindingKind> = new Set(['unknown-agent', 'no-listener', 'rejected'])

/** Remembers what the live configuration was made from, for runs that see the same. */
function keepSight(draft: Draft, reply: Reply, { options, live, account, patient, started }: Run): void {
  const { apps, addresses, templates, configuration, findings } = draft
  const { fingerprint } = reply
  if (options.dryRun || !fingerprint || apps.length === 0 || findings.some(({ kind }) => passing.has(kind))) return
  const { counts, leftOut, warnings } = account
  const seen = { at: started, reply: fingerprint, addresses, account: { counts, leftOut, warnings } }
  try {
    keepSeen(options.stateDir, { seen, configuration }, templates, { options, live })
  } catch (error) {
    // It costs the next run time and nothing else, so that only a person is told: whatever keeps failing would fill cron's mail.
    if (!patient) account.warnings = [...warnings, `the next run must render again: ${reasonOf(error)}`]
  }
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
    reload:
      run.options.reload !== 'none' &&
      (needsWriting(draft.configuration, run.live) || reloadIsDue(draft.configuration, run)),
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
