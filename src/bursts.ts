import { elapsed } from './clock.js'

/** Events that come close together, gathered into one. */
export interface Bursts {
  /** Takes down an event. */
  note(): void
  /** true once a burst is over, or none was for `longest` ms; false where `until` aborts first. */
  next(until: AbortSignal, longest: number): Promise<boolean>
}

/**
 * A burst is over when nothing has come for `quiet` ms, and at the latest `most` ms after its first event. One that is cut short so is
 * followed by another: whatever comes, the last one ends `quiet` ms after it, when every reply has heard of it.
 */
export function gather(quiet: number, most: number): Bursts {
  let began: number | undefined
  let last = 0
  let settling: NodeJS.Timeout | undefined
  let isOver = false
  let isCut = false
  let wake = (): void => undefined
  const end = (): void => {
    isOver = true
    wake()
  }
  const endAfter = (ms: number): void => {
    isOver = false
    clearTimeout(settling)
    settling = setTimeout(end, ms).unref()
  }
  const begin = (now: number | undefined): void => {
    began = now
    isCut = false
    if (now === undefined) clearTimeout(settling)
    else endAfter(quiet)
  }
  return {
    note() {
      last = elapsed()
      if (isCut) return
      began ??= last
      const left = began + most - last
      isCut = left < quiet
      endAfter(isCut ? Math.max(0, left) : quiet)
    },
    async next(until, longest) {
      const idle = setTimeout(() => began === undefined && end(), longest)
      const stop = (): void => wake()
      until.addEventListener('abort', stop)
      while (!isOver && !until.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      until.removeEventListener('abort', stop)
      clearTimeout(idle)
      isOver = false
      const now = elapsed()
      begin(isCut && now - last < quiet ? now : undefined)
      return !until.aborted
    },
  }
}
