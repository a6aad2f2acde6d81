import { elapsed } from './clock.js'
import type { Printed } from './commands/printed.js'
import { lastChange } from './live/state.js'
import { type Manner, oneRun } from './one-run.js'
import type { Options } from './options.js'

/** Without any event it runs all the same after so long (ms): a little more than a minute, so that cron's next run comes first. */
export const longestIdle = 65_000

/** Runs of one process, one after another. */
export interface Runs {
  options: Options
  loud: boolean
  /** Whether none was made yet, or the last is long ago. */
  isDue(): boolean
  /** The ms until the live file may be changed again. */
  untilChange(): number
  /** Makes one; `unfollowed` is why events cannot be followed. */
  next(unfollowed?: string): Promise<Printed>
}

/** Only the first is as impatient as a person: what events ask for waits out what failed, as cron would. */
export function startRuns(first: Manner): Runs {
  let manner = first
  let last = Number.NEGATIVE_INFINITY
  return {
    options: first.options,
    loud: first.loud,
    isDue: () => elapsed() - last > longestIdle,
    untilChange: () => untilChange(first.options),
    async next(unfollowed) {
      const warnings = unfollowed === undefined ? [] : [unfollowedWarning(unfollowed)]
      const printed = await oneRun({ ...manner, warnings })
      manner = { ...first, patient: true }
      last = elapsed()
      return printed
    },
  }
}

const unfollowedWarning = (reason: string): string =>
  `Marathon's events cannot be followed, so that changes wait for the next run: ${reason}`

/** A clock that was set back must not make it longer. */
function untilChange({ stateDir, minReloadInterval }: Options): number {
  const since = Date.now() - (lastChange(stateDir) ?? 0)
  return since < 0 ? 0 : Math.max(0, minReloadInterval - since)
}
