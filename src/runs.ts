import { elapsed } from './clock.js'
import type { Printed } from './commands/printed.js'
import { type ExitName, statusOf } from './errors.js'
import type { Lock } from './live/lock.js'
import { lastChange } from './live/state.js'
import type { Attempt } from './marathon/event-stream.js'
import { type Manner, oneRun } from './one-run.js'
import type { Options } from './options.js'
import { builtAt } from './version.js'

/** Without any event it runs all the same after so long (ms): a little more than a minute, so that cron's next run comes first. */
export const longestIdle = 65_000

/** An attempt to follow events that came to nothing. */
type Unfollowed = Exclude<Attempt, { how: 'open' }>

/** Runs of one process, one after another. */
export interface Runs {
  options: Options
  loud: boolean
  /** Whether none was made yet, or the last is long ago. */
  isDue(): boolean
  /** false where another process must go on: the lock is lost, or the program is another one by now. */
  mayGoOn(): boolean
  /** How many of the last runs had no reply from Marathon. */
  readonly unanswered: number
  /** The ms until the live file may be changed again. */
  untilChange(): number
  /** Makes one; `unfollowed` is why events cannot be followed. */
  next(unfollowed?: Unfollowed): Promise<Printed>
}

/** Only the first is as impatient as a person: what events ask for waits out what failed, as cron would. */
export function startRuns(first: Manner, lock: Lock): Runs {
  const built = builtAt()
  let manner = first
  let unanswered = 0
  let last = Number.NEGATIVE_INFINITY
  return {
    options: first.options,
    loud: first.loud,
    isDue: () => elapsed() - last > longestIdle,
    mayGoOn: () => lock.isHeld() && builtAt() === built,
    get unanswered() {
      return unanswered
    },
    untilChange: () => untilChange(first.options),
    async next(unfollowed) {
      const warnings = unfollowed ? [warningOf(unfollowed, first.loud)] : []
      lock.noteStart()
      const printed = await oneRun({ ...manner, warnings })
      unanswered = passing.includes(printed.status) ? unanswered + 1 : 0
      manner = { ...first, patient: true }
      last = elapsed()
      return printed
    },
  }
}

/** Failures that pass by themselves, without an event. */
const passing = (['unavailable', 'bad-reply'] satisfies ExitName[]).map(statusOf)

/** What passes by itself has no reason in it, which would be another each time, and news to cron each time. */
function warningOf({ how, reason }: Unfollowed, loud: boolean): string {
  const [when, why] = how === 'refused' ? ['', reason] : [' at the moment', loud ? reason : '-v says why']
  return `Marathon's events cannot be followed${when}, so that changes wait for the next run: ${why}`
}

/** A clock that was set back must not make it longer. */
function untilChange({ stateDir, minReloadInterval }: Options): number {
  const since = Date.now() - (lastChange(stateDir) ?? 0)
  return since < 0 ? 0 : Math.max(0, minReloadInterval - since)
}
