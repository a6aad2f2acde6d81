import { openAccount } from './account.js'
import { elapsed } from './clock.js'
import type { Printed } from './commands/printed.js'
import { conclude, type Held, type Run } from './conclusion.js'
import { readLive } from './live/files.js'
import { BusyError } from './live/lock.js'
import { openMemory } from './live/state.js'
import type { Options } from './options.js'
import type { Outcome } from './outcome.js'
import { type Failure, failureOf } from './report.js'
import { update } from './update.js'

/** How a run is made: `loud` tells everything, `patient` waits out what failed not long ago; `warnings` are told beside its own unless it fails. */
export interface Manner {
  options: Options
  loud: boolean
  patient: boolean
  warnings?: string[]
}

/** One run of a process that has the lock, or needs none: what it did or why not is told as the last runs left off, measured, and remembered for the next. */
export async function oneRun(manner: Manner): Promise<Printed> {
  const run = begin(manner)
  const held = open(manner.options)
  if ('kind' in held) return conclude(held, run, undefined)
  return conclude(await attempt(manner, run, held), run, held)
}

/** The end of a run that did not get the lock. */
export function turnedAway(error: unknown, manner: Manner): Promise<Printed> {
  const isTrifle = error instanceof BusyError && error.age < tenMinutes
  return conclude({ ...failureOf(error), isTrifle }, begin(manner), undefined)
}

/** A run that meets another says nothing to cron until that one is so old. */
const tenMinutes = 10 * 60_000

const begin = ({ options, loud }: Manner): Run => ({ options, loud, began: elapsed(), account: openAccount() })

function open({ haproxyConfig, stateDir, dryRun }: Options): Held | Failure {
  try {
    const live = readLive(haproxyConfig)
    return { live, memory: openMemory(stateDir, live.path, dryRun) }
  } catch (error) {
    return failureOf(error)
  }
}

async function attempt(
  { options, patient, warnings = [] }: Manner,
  { account }: Run,
  held: Held,
): Promise<Outcome | Failure> {
  try {
    const outcome = await update(options, held, patient, account)
    account.warnings = [...account.warnings, ...warnings]
    return { ...outcome, warnings: account.warnings }
  } catch (error) {
    return failureOf(error)
  }
}
