import { isatty } from 'node:tty'
import type { Asked } from '../command-line.js'
import { takeLock } from '../live/lock.js'
import { type Manner, oneRun, turnedAway } from '../one-run.js'
import { readOptions } from '../options.js'
import { refuseOwnFile } from '../own-files.js'
import { waitForTurn } from '../splay.js'
import type { Printed } from './printed.js'

/** A run under the lock; with `--follow`, one after another. Gives what is to be printed of each. */
export async function* run({ flags }: Asked): AsyncGenerator<Printed> {
  const options = readOptions(flags, process.env)
  if (options.metricsFile !== undefined) refuseOwnFile(options.metricsFile, '--metrics-file', options)
  const loud = options.verbose || isatty(2)
  const manner: Manner = { options, loud, patient: !loud && !options.retry }
  if (options.dryRun) return yield await oneRun(manner)
  if (!loud) await waitForTurn(options.splay)
  if (options.follow !== undefined && !options.from) {
    const { follow } = await import('../seldom.js')
    return yield* follow(manner, options.follow)
  }
  yield await runAlone(manner)
}

async function runAlone(manner: Manner): Promise<Printed> {
  let unlock: () => void
  try {
    unlock = takeLock(manner.options.stateDir)
  } catch (error) {
    return turnedAway(error, manner)
  }
  const printed = await oneRun(manner)
  unlock()
  return printed
}
