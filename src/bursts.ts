import { elapsed } from './clock.js'

/** Events that come close together, gathered into one. */
export interface Bursts {
  /** Takes down an event. */
  note(): void
  /** true once a burst is over, or none was for `longest` ms; false where `until` aborts first. */
  next(until: AbortSignal, longest: number): Promise<boolean>
}

/** A burst is over when nothing has come for `quiet` ms, and at the latest `most` ms after its first event. */
export function gather(quiet: number, most: number): Bursts {
  let began: number | undefined
  let settling: NodeJS.Timeout | undefined
  let isOver = false
  let wake = (): void => undefined
  const end = (): void => {
    isOver = true
    wake()
  }
  return {
    note() {
      const now = elapsed()
      began ??= now
      clearTimeout(settling)
      settling = setTimeout(end, Math.max(0, Math.min(quiet, began + most - now))).unref()
    },
    async next(until, longest) {
      const idle = setTimeout(end, longest)
      const stop = (): void => wake()
      until.addEventListener('abort', stop)
      while (!isOver && !until.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      until.removeEventListener('abort', stop)
      clearTimeout(idle)
      // What came until now is answered by the run that begins now.
      clearTimeout(settling)
      began = undefined
      isOver = false
      return !until.aborted
    },
  }
}
