import { setTimeout as sleep } from 'node:timers/promises'
import type { TimeLine } from './time-line.js'

/** The times at which nobody could know what Marathon runs: it does not answer, its events are lost, or nobody listens. */
export interface Troubles {
  /** Begins such a time; gives the function that ends it. */
  begin(what: string): () => void
  /** From when on, at `from` or later, all could be known until `to`; infinite while a trouble goes on. */
  knownSince(from: number, to: number): number
  /** Waits until, from now on, all could be known for so many ms without a break. */
  outlast(ms: number): Promise<void>
}

/** Keeps the troubles of a time line. */
export function openTroubles(timeLine: TimeLine): Troubles {
  const all: { began: number; ended: number }[] = []
  const knownSince = (from: number, to: number): number =>
    Math.max(from, ...all.filter(({ began, ended }) => began < to && ended > from).map(({ ended }) => ended))
  return {
    begin(what) {
      const trouble = { began: timeLine.now(), ended: Number.POSITIVE_INFINITY }
      all.push(trouble)
      timeLine.note(`${what} …`)
      return () => {
        if (trouble.ended < Number.POSITIVE_INFINITY) return
        trouble.ended = timeLine.now()
        timeLine.note(`… ${what}: over`)
      }
    },
    knownSince,
    async outlast(ms) {
      const since = timeLine.now()
      while (timeLine.now() < knownSince(since, timeLine.now()) + ms) await sleep(50)
    },
  }
}
