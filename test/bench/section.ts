/** A part of the report: a heading, and lines of Markdown below it. */
export interface Section {
  title: string
  lines: string[]
}

/** The lines of a table in Markdown, all columns but the first to the right. */
export function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)]
}

/** A ratio as it is shown: `0.97`, `1.4`, `27`. */
export const ratio = (value: number): string => value.toFixed(value < 1.2 ? 2 : value < 10 ? 1 : 0)

/** The middle of some numbers; of an even count, the mean of the two. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(half) - 1, Math.floor(half) + 1)
  return (low + high) / 2
}

/** The least of some numbers that so great a part of them does not exceed: 0 gives the least, 1 the greatest. */
export function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}
