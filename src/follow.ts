import { setTimeout as sleep } from 'node:timers/promises'
import { type Bursts, gather } from './bursts.js'
import { elapsed } from './clock.js'
import type { Printed } from './commands/printed.js'
import { loadExeca } from './haproxy/command.js'
import { waitForLock, whenAsked } from './live/handover.js'
import type { Lock } from './live/lock.js'
import { type EventStream, openEvents } from './marathon/event-stream.js'
import { routingEvents } from './marathon/events.js'
import { type Manner, turnedAway } from './one-run.js'
import { longestIdle, type Runs, startRuns } from './runs.js'

/**
 * Runs, and again whenever Marathon's events say that routes may have changed, until `duration` ms after the start of the process or
 * until another run waits for the lock. Gives what is to be printed of each run.
 */
export async function* follow(manner: Manner, duration: number): AsyncGenerator<Printed> {
  const { stateDir } = manner.options
  const end = elapsed() + duration - process.uptime() * 1000
  let lock: Lock
  try {
    lock = await waitForLock(stateDir, left(end))
  } catch (error) {
    return yield await turnedAway(error, manner)
  }
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), left(end))
  const forget = whenAsked(stateDir, () => over.abort())
  try {
    yield* runUntil(over.signal, startRuns(manner, lock))
  } finally {
    clearTimeout(timer)
    forget()
    lock.free()
  }
}

const left = (end: number): number => Math.max(0, end - elapsed())

/** Runs at events for as long as they can be followed, and connects again where they end. One run is made, whatever else fails. */
async function* runUntil(over: AbortSignal, runs: Runs): AsyncGenerator<Printed> {
  let wasOpen = false
  for (let losses = 0; ; losses++) {
    const events = await openEvents(runs.options, over)
    await pause(runs.untilChange(), over)
    const began = elapsed()
    wasOpen ||= events.how === 'open'
    if (events.how === 'open') yield* runAt(events.stream, over, runs)
    else if (runs.isDue()) yield await runs.next(over.aborted ? undefined : events)
    // Events that were had once are refused only for a while, such as by a proxy whose Marathon starts anew.
    if (events.how === 'refused' && !wasOpen) return
    if (elapsed() - began > lastingConnection && runs.unanswered === 0) losses = 0
    await pause(Math.max(pauseAfter(losses, longestPause), pauseAfter(runs.unanswered, longestRest)), over)
    if (over.aborted || !runs.mayGoOn()) return
  }
}

/** Runs once the events come, since nothing is known of those before, and at each burst of them. */
async function* runAt(stream: EventStream, over: AbortSignal, runs: Runs): AsyncGenerator<Printed> {
  const { settle, settleLimit, json } = runs.options
  const bursts = gather(settle, Math.max(settle, settleLimit))
  const lost = listen(stream, bursts)
  const until = AbortSignal.any([over, lost])
  try {
    let says = runs.loud && !json ? [`follows the events of ${stream.from}`] : []
    do {
      const printed = await runs.next()
      yield { ...printed, lines: [...printed.lines, ...says] }
      says = []
      // Without an answer to it, the event is still to be looked into.
      if (runs.unanswered > 0) return
      await pause(runs.untilChange(), until)
    } while ((await bursts.next(until, longestIdle)) && runs.mayGoOn())
  } finally {
    await stream.close()
  }
}

/** Notes each event that may change what is routed. Gives the signal that there will be no more. */
function listen({ types }: EventStream, bursts: Bursts): AbortSignal {
  const lost = new AbortController()
  const read = async (): Promise<void> => {
    try {
      for await (const type of types) {
        if (!routingEvents.includes(type)) continue
        bursts.note()
        // While the burst settles there is time for it.
        await loadExeca()
      }
    } catch {
      // However a connection ends, there will be another.
    }
    lost.abort()
  }
  void read()
  return lost.signal
}

/** The ms that Marathon is left alone at most: after a connection that ended, and after runs that it did not answer. */
const longestPause = 2000
const longestRest = 15_000

/** Longer than any run takes, so that it was not the run alone. */
const lastingConnection = 60_000

/** Twice as long after each failure; and no two nodes wait as long, so that they do not all come back at once. */
const pauseAfter = (failures: number, longest: number): number =>
  Math.min(longest, 250 * 2 ** failures) * (0.1 + 0.9 * Math.random())

/** Waits so many ms, or until the signal aborts. */
async function pause(ms: number, until: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: until })
  } catch {
    // It is over; the caller looks at the signal.
  }
}
