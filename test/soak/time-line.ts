/** What happened when; times are in ms since it began. */
export interface TimeLine {
  now(): number
  note(says: string): void
  /** What happened up to 8 s before and 1 s after a moment, a line each. */
  around(at: number): string[]
}

/** Something that went wrong, in one sentence. */
export interface Failure {
  at: number
  says: string
}

/** Begins a time line. */
export function startTimeLine(): TimeLine {
  const began = performance.now()
  const entries: Failure[] = []
  const now = (): number => performance.now() - began
  return {
    now,
    note(says) {
      entries.push({ at: now(), says })
    },
    around: (moment) => entries.filter(({ at }) => at > moment - 8000 && at < moment + 1000).map(shown),
  }
}

/** `12.345 s: what happened`. */
export const shown = ({ at, says }: Failure): string => `${(at / 1000).toFixed(3)} s: ${says}`
