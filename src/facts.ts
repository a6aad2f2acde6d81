import type { Account, Phase } from './account.js'
import { type ExitName, statusOf } from './errors.js'
import type { Summary } from './live/diff.js'
import type { State } from './live/state.js'
import type { FindingKind } from './marathon/findings.js'
import type { Outcome, Proof } from './outcome.js'
import { exitOf, type Failure } from './report.js'
import { version } from './version.js'

/**
 * What is known of one run at its end: the JSON of `--json`, and what the metrics are made of. Times are in seconds since 1970,
 * durations in seconds. null: it is not known, for the run did not get so far; or there is no such thing.
 */
export interface Facts {
  schema: 1
  version: string
  exit: { status: number; name: ExitName }
  outcome: 'unchanged' | 'updated' | 'pending' | 'failed'
  /** The sentence of a failure. */
  error: string | null
  /** The live file as it was named. */
  live: string
  /** What proves that HAProxy runs the live file; null but for `unchanged` and `updated`. */
  proof: Proof | null
  /** The URL of the Marathon that answered, without credentials, or the recorded reply. */
  answered: string | null
  /** What the reply gives to serve, whether or not that went live. */
  apps: number | null
  services: number | null
  servers: number | null
  /** How many apps, ports, tasks, … are left out, by reason; a reason that is not there is none. */
  leftOut: Partial<Record<FindingKind, number>> | null
  /** Services left out since HAProxy rejects them; `port` is the index of the app's port. */
  quarantined: { app: string; port: number; reason: string; since: number }[] | null
  /** Whether the run left a change of the live file that HAProxy is not known to run. */
  reloadPending: boolean | null
  /** Failed runs in a row, this one included; dry runs and those that met another are not counted. */
  consecutiveFailures: number | null
  /** When the first of these ended. */
  failingSince: number | null
  /** When this run ended, when one last succeeded, and when one last gave the live file another text. */
  lastRun: number
  lastSuccess: number | null
  lastChange: number | null
  durations: Record<Phase | 'total', number | null>
  /** What the run changed, would or should have changed: services by their backends' names, servers counted; null: nothing. */
  change: Summary | null
  /** Why the safety gate lets the change not pass. */
  refusal: string | null
  warnings: string[]
  notes: string[]
}

/** A run at its end: all times in ms. `state` is as the run leaves it, undefined where it did not get to know it. */
export interface Ended {
  result: Outcome | Failure
  summary: Summary | undefined
  account: Account
  live: string
  state: State | undefined
  lastSuccess: number | undefined
  now: number
  took: number
}

/** The facts of a run. */
export function factsOf({ result, summary, account, live, state, lastSuccess, now, took }: Ended): Facts {
  const exit = exitOf(result)
  const { counts } = account
  const quarantine = counts ? account.quarantine : state?.quarantine
  return {
    schema: 1,
    version,
    exit: { status: statusOf(exit), name: exit },
    outcome: result.kind,
    error: result.kind === 'failed' ? result.message : null,
    live,
    proof: 'proof' in result ? result.proof : null,
    answered: account.answered ?? null,
    apps: counts?.apps ?? null,
    services: counts?.services ?? null,
    servers: counts?.servers ?? null,
    leftOut: counts ? account.leftOut : null,
    quarantined: quarantine ? quarantinedIn(quarantine) : null,
    reloadPending: state ? state.phase === 'applying' : null,
    consecutiveFailures: state ? (state.failures?.count ?? 0) : null,
    failingSince: seconds(state?.failures?.since),
    lastRun: now / 1000,
    lastSuccess: seconds(lastSuccess),
    lastChange: seconds(state?.lastChange),
    durations: durationsOf(account, took),
    change: summary ?? null,
    refusal: refusalIn(result),
    warnings: account.warnings,
    notes: result.kind === 'failed' ? [] : result.notes,
  }
}

const quarantinedIn = (quarantine: State['quarantine']): Facts['quarantined'] =>
  Object.values(quarantine).map(({ appId, portIndex, reason, since }) => ({
    app: appId,
    port: portIndex,
    reason,
    since: since / 1000,
  }))

function durationsOf({ phases }: Account, took: number): Facts['durations'] {
  const { fetch, render, validate, apply } = phases
  return {
    fetch: seconds(fetch),
    render: seconds(render),
    validate: seconds(validate),
    apply: seconds(apply),
    total: seconds(took),
  }
}

function refusalIn(result: Outcome | Failure): string | null {
  if (result.kind === 'pending') return result.refusal ?? null
  return result.kind === 'failed' && result.exit === 'unsafe' ? result.message : null
}

/** Milliseconds as seconds, to the millisecond. */
const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms) / 1000)
