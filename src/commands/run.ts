import { isatty } from 'node:tty'
import { openAccount } from '../account.js'
import { elapsed } from '../clock.js'
import type { Asked } from '../command-line.js'
import { conclude, type Held, type Run } from '../conclusion.js'
import { readLive } from '../live/files.js'
import { BusyError, takeLock } from '../live/lock.js'
import { openMemory } from '../live/state.js'
import { checkMetricsFile } from '../metrics-file.js'
import { type Options, readOptions } from '../options.js'
import type { Outcome } from '../outcome.js'
import { type Failure, failureOf } from '../report.js'
import { waitForTurn } from '../splay.js'
import { update } from '../update.js'
import type { Printed } from './printed.js'

/** One run under the lock: what it did or why not is told as the last runs left off, measured, and remembered for the next. */
export async function run({ flags }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  checkMetricsFile(options)
  const loud = options.verbose || isatty(2)
  if (!options.dryRun && !loud) await waitForTurn(options.splay)
  const started = { options, loud, began: elapsed(), account: openAccount() }
  const held = hold(options)
  if ('kind' in held) return conclude(held, started, undefined)
  const result = await attempt(started, held)
  const printed = await conclude(result, started, held)
  held.unlock()
  return printed
}

function hold(options: Options): (Held & { unlock: () => void }) | Failure {
  try {
    const unlock = options.dryRun ? () => undefined : takeLock(options.stateDir)
    const live = readLive(options.haproxyConfig)
    return { live, memory: openMemory(options.stateDir, live.path, options.dryRun), unlock }
  } catch (error) {
    return { ...failureOf(error), isTrifle: error instanceof BusyError && error.age < tenMinutes }
  }
}

/** A run that meets another says nothing to cron until that one is so old. */
const tenMinutes = 10 * 60_000

async function attempt({ options, loud, account }: Run, held: Held): Promise<Outcome | Failure> {
  try {
    return await update(options, held, !loud && !options.retry, account)
  } catch (error) {
    return failureOf(error)
  }
}
