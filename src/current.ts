import type { Account } from './account.js'
import type { Running } from './haproxy/running.js'
import type { LiveFile } from './live/files.js'
import { needsWriting } from './live/install.js'
import type { Memory, Quarantine } from './live/state.js'
import { needsReload, type Place, settle } from './live/transaction.js'
import type { Options } from './options.js'
import type { Outcome, Proof } from './outcome.js'
import type { Configuration } from './render/configuration.js'

/**
 * What one run works with. `proven`: the text of the last proven configuration, empty where there is none. `patient`: what failed not
 * long ago is waited out. `started` is in ms since 1970.
 */
export interface Run {
  options: Options
  memory: Memory
  account: Account
  live: LiveFile
  running: Running
  proven: string
  patient: boolean
  started: number
}

/** A configuration that is live, what was left out of it, and the addresses of agents in it. */
export interface Current {
  configuration: Configuration
  quarantine: Quarantine
  addresses: Record<string, string>
}

/** Whether the live file is this configuration, and HAProxy runs it as far as can be told. */
export const isCurrent = (configuration: Configuration, run: Run): boolean =>
  !needsWriting(configuration, run.live) && !reloadIsDue(configuration, run)

/** Whether HAProxy is to be reloaded and does not run this configuration, as far as can be told. */
export const reloadIsDue = (configuration: Configuration, run: Run): boolean =>
  run.options.reload !== 'none' && needsReload(configuration, placeOf(run))

/** Where a transaction of this run works. */
export const placeOf = ({ options, memory, live, running }: Run): Place => ({
  stateDir: options.stateDir,
  memory,
  live,
  running,
})

/** Ends a run that finds nothing to change, and remembers that. */
export function unchanged({ configuration, quarantine, addresses }: Current, run: Run): Outcome {
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
