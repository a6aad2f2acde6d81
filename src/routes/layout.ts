import type { Paint, Style } from '../color.js'
import { plain } from '../text.js'

/** A text of one line, and how it is painted. */
export interface Cell {
  text: string
  style?: Style | undefined
}

/** A column by its title; the cells of one that `shrinks` may lose what is in their middle. */
export interface Column {
  title: string
  shrinks: boolean
}

const gap = '  '

/** What is left of a cell at least, however narrow the terminal: with it, the table of routes fits into the narrowest. */
const least = 3

/** Nothing is made for fewer signs: lines are broken by a terminal that is still narrower. */
const narrowest = 30

/** The lines of a table with a header, its columns as wide as their cells, or so much less that a line fits into `width` signs. */
export function layOut(columns: Column[], rows: Cell[][], width: number | undefined, paint: Paint): string[] {
  const header = columns.map(({ title }): Cell => ({ text: title, style: 'bold' }))
  const all = [header, ...rows]
  const widths = columns.map((_, at) => all.reduce((most, row) => Math.max(most, row[at]?.text.length ?? 0), 0))
  const narrowed = (cap: number): number[] => widths.map((own, at) => (columns[at]?.shrinks ? Math.min(own, cap) : own))
  const lineOf = (cap: number): number =>
    narrowed(cap).reduce((sum, own) => sum + own, gap.length * (columns.length - 1))
  let cap = Math.max(...widths)
  while (width !== undefined && cap > least && lineOf(cap) > width) cap--
  return all.map((row) => lineFrom(row, narrowed(cap), paint))
}

function lineFrom(row: Cell[], widths: number[], paint: Paint): string {
  const last = row.findLastIndex(({ text }) => text !== '')
  const cells = row.slice(0, last + 1).map(({ text, style }, at) => {
    const width = widths[at] ?? 0
    const short = shorten(text, width)
    return (style ? paint(style, short) : short) + (at < last ? ' '.repeat(width - short.length) : '')
  })
  return cells.join(gap)
}

/** A text with `…` for as much of its middle as is too much for this width. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.floor(width / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}

/**
 * A text as the lines that fit into `width` signs beside an `indent`: broken at blanks, and within a word only where that is longer.
 * Where there is no width it stays as it is.
 */
export function wrap(text: string, width: number | undefined, indent: number): string[] {
  if (width === undefined) return [text]
  const room = Math.max(width, narrowest) - indent
  return text.match(new RegExp(`\\S(.{0,${room - 2}}\\S)?(?!\\S)|\\S{${room}}`, 'gu')) ?? ['']
}

/** A text behind what leads it, as lines that fit; what follows the first is indented further. */
export const hanging = (lead: string, text: string, width: number | undefined): string[] =>
  wrap(text, width, lead.length + 2).map((line, at) => (at === 0 ? lead : `${' '.repeat(lead.length)}  `) + line)

/** The id of a task in a line, of a bearable length. */
export const taskName = (id: string): string => shorten(plain(id), 120)
