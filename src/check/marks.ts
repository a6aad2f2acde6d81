import { tags } from '../render/template-tags.js'

// Signs for private use stand in no configuration, and no tag or filter of a template does anything with them.
const [before, after] = ['\u{e000}', '\u{e001}']
const marks = new RegExp(`${before}(\\d+):(\\d+)${after}`, 'g')

/** What a raw block holds, without the line that has its end. */
const rawLines = /(?<=^\{%-?\s*(?:raw|verbatim)\s*-?%\}).*\n/s

/** Where a line of a rendered text comes from: the template's number, and the line there (from 1). */
export interface Origin {
  file: number
  line: number
}

/**
 * A template with an invisible mark of its number and line in each of its lines: before whatever it puts into the text first, where a
 * mark is in the way of no blank that tags take away. A line with the end of a raw block has none.
 */
export function marked(source: string, file: number): string {
  const mark = (at: number): string => `${before}${file}:${lineAt(source, at)}${after}`
  const markText = (text: string, at: number): string =>
    text.replace(/^([^\S\n]*)(?=\S)/gm, (blanks, _, offset: number) => blanks + mark(at + offset))
  let result = ''
  let at = 0
  for (const { 0: tag, index } of [...source.matchAll(tags), { 0: '', index: source.length }]) {
    const marksItself = /^\{\{(?!-)/.test(tag) ? mark(index) : ''
    const markedTag = tag.replace(rawLines, (lines, offset: number) => markText(lines, index + offset))
    result += markText(source.slice(at, index), at) + marksItself + markedTag
    at = index + tag.length
  }
  return result
}

const lineAt = (source: string, at: number): number => source.slice(0, at).split('\n').length

/** A text without its marks. */
export const unmarked = (text: string): string => text.replace(marks, '')

/**
 * The origin of each line of `text`, a rendered text with its marker, that has one, by the same text with marks and without the marker.
 * A line that differs has none: a template has looked at what another has rendered. Undefined where the lines are not as many.
 */
export function originsIn(markedText: string, text: string): (Origin | undefined)[] | undefined {
  const lines = markedText.split('\n')
  const real = text.split('\n')
  const { start, count } = markerLines(real, real.length - lines.length)
  if (real.length !== lines.length + count) return undefined
  return real.map((line, at) => {
    const own = at < start ? lines[at] : at < start + count ? undefined : lines[at - count]
    return own !== undefined && unmarked(own) === line ? originOf(own) : undefined
  })
}

/** The lines that the marker has brought: its own, or a section `global` with it and an empty line. */
function markerLines(lines: string[], added: number): { start: number; count: number } {
  const at = lines.findIndex((line) => line.startsWith('  description haproxy-updater '))
  return added === 3 ? { start: at - 1, count: 3 } : { start: at, count: 1 }
}

/** Of several marks before the first sign, the last is that of the macro, or the included or captured text, that wrote it. */
function originOf(line: string): Origin | undefined {
  const found = [...line.matchAll(marks)]
  const leading = found.filter(({ index }) => unmarked(line.slice(0, index)).trim() === '')
  const [, file, number] = leading.at(-1) ?? found[0] ?? []
  return file === undefined ? undefined : { file: Number(file), line: Number(number) }
}
