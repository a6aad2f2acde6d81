const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** How many of some times of a minute (ms) lie in each of its pieces of `length` seconds; what is later is in the last. */
export function countsOf(times: number[], length: number): number[] {
  const counts = new Array<number>(60 / length).fill(0)
  for (const time of times) {
    const at = Math.min(Math.floor(time / length / 1000), counts.length - 1)
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

/** The most of some times of a minute (ms) that lie in one of its seconds. */
export const peakOf = (times: number[]): number => Math.max(...countsOf(times, 1))

/** A minute's counts as columns of text over its seconds, `height` lines high, the highest count at the left. */
export function columns(counts: number[], height: number): string[] {
  const most = Math.max(...counts)
  const rows = Array.from({ length: height }, (_, at) => height - 1 - at).map((below) =>
    counts.map((count) => cell((count / most) * height - below)).join(' '),
  )
  const width = 60 / counts.length
  const seconds = counts.map((_, at) => ((at * width) % 10 === 0 ? String(at * width).padEnd(2) : '  '))
  return [
    ...rows.map((row, at) => `${at === 0 ? String(most).padStart(5) : '     '} ┤${row}`.trimEnd()),
    `      └${seconds.join('').trimEnd()}`,
  ]
}

/** One sign of a column that fills so much of it; what is there at all is seen. */
const cell = (part: number): string => eighths[part <= 0 ? 0 : Math.min(8, Math.max(1, Math.round(part * 8)))] ?? ' '
