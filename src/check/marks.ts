import { tags } from '../render/template-tags.js'

// Signs for private use stand in no configuration, and no tag or filter of a template does anything with them.
const [before, after] = ['\u{e000}', '\u{e001}']
const marks = new RegExp(`${before}(\\d+):(\\d+)${after}`, 'g')

/** Where a line of a rendered text comes from: the template's number, and the line there (from 1). */
export interface Origin {
  file: number
  line: number
}

/**
 * A template with an invisible mark of its number and line in each of its lines: before whatever it puts into the text first, where a
 * mark is in the way of no blank that tags take away. Raw blocks have none.
 */
export function marked(source: string, file: number): string {
  const mark = (at: number): string => `${before}${file}:${lineAt(source, at)}${after}`
  let result = ''
  let at = 0
  for (const { 0: tag, index } of [...source.matchAll(tags), { 0: '', index: source.length }]) {
    const text = source
      .slice(at, index)
      .replace(/^([^\S\n]*)(?=\S)/gm, (blanks, _, offset: number) => blanks + mark(at + offset))
    result += text + (/^\{\{(?!-)/.test(tag) ? mark(index) : '') + tag
    at = index + tag.length
  }
  return result
}

const lineAt = (source: string, at: number): number => source.slice(0, at).split('\n').length

/** A text without its marks. */
export const unmarked = (text: string): string => text.replace(marks, '')

/**
 * The origin of each line of `text` that has one, by the same text with marks. Some lines may have been put into `text` in one place
 * since. Undefined where it is another text beyond that: a template has looked at what another has rendered.
 */
export function originsIn(markedText: string, text: string): (Origin | undefined)[] | undefined {
  const lines = markedText.split('\n')
  const real = text.split('\n')
  const first = lines.findIndex((line, at) => unmarked(line) !== real[at])
  const start = first < 0 ? lines.length : first
  const added = real.length - lines.length
  if (added < 0 || !lines.every((line, at) => unmarked(line) === real[at < start ? at : at + added])) return undefined
  return real.map((_, at) => originOf(lines[at < start ? at : at < start + added ? -1 : at - added] ?? ''))
}

/** Of several marks before the first sign, the last is that of the macro, or the included or captured text, that wrote it. */
function originOf(line: string): Origin | undefined {
  const found = [...line.matchAll(marks)]
  const leading = found.filter(({ index }) => unmarked(line.slice(0, index)).trim() === '')
  const [, file, number] = leading.at(-1) ?? found[0] ?? []
  return file === undefined ? undefined : { file: Number(file), line: Number(number) }
}
