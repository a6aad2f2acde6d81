import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf, UpdaterError } from '../errors.js'
import { escapeRegex } from './quote.js'
import { unclosedBlock, withoutTags } from './template-tags.js'

/** A place in a template: the file and, where they are known, line and column (from 1) and that line's text. */
export interface TemplatePlace {
  template: string
  line: number | undefined
  column: number | undefined
  source: string | undefined
}

/** A template in error, with its place and the reason alone. */
export class TemplateError extends UpdaterError {
  readonly place: TemplatePlace
  readonly reason: string

  constructor(place: TemplatePlace, reason: string, cause: unknown) {
    const { template, line, column } = place
    const where = line === undefined ? template : `${template}:${line}:${column}`
    const exit = /^(template not found|cannot be read)/.test(reason) ? 'no-input' : 'bad-setup'
    super(exit, `${where}: ${reason}; mend the template, the live file stays as it is`, { cause })
    this.name = 'TemplateError'
    this.place = place
    this.reason = reason
  }
}

/** What nunjucks throws in its mode `dev`: its own error, or one of JavaScript that it passes on as the cause. */
interface Thrown extends Error {
  lineno?: number | null
  colno?: number | null
}

/** What nunjucks threw, as an error with its place in a file of these folders; the loader's own as it is. */
export function templateError(error: Thrown, folders: string[]): TemplateError {
  if (error.cause instanceof TemplateError) return error.cause
  const lines = error.message.split('\n')
  const last = lines.pop()?.trim() ?? ''
  const reason = last.replace(/^(?:Template render error|\w*Error):\s*/, '') || reasonOf(error)
  const template = innermostFile(lines, folders)
  const text = existsSync(template) ? readFileSync(template, 'utf8') : ''
  const [line, column] = toldPosition(error, reason) ?? soughtPosition(reason, text) ?? []
  const source = line === undefined ? undefined : text.split('\n')[line - 1]
  // What happens while another file is imported is told without that file.
  const isThere = column !== undefined && source !== undefined && column <= source.length + 1
  const place = isThere ? { line, column, source } : { line: undefined, column: undefined, source: undefined }
  return new TemplateError({ template, ...place }, reason, error)
}

/** nunjucks names each file on a line of its own, from the outermost to the one that it was in. */
function innermostFile(header: string[], folders: string[]): string {
  const names = header.flatMap((line) => /^\s*\((.*)\)(?: \[Line \d+(?:, Column \d+)?\])?\s*$/.exec(line)?.[1] ?? [])
  const name = names.at(-1) ?? 'haproxy.cfg.njk'
  return folders.map((folder) => join(folder, name)).find(existsSync) ?? name
}

/**
 * nunjucks counts from 1 in errors of its own, and from 0 where it passes on an error of JavaScript; then the place is that of the last
 * call, which has to do with it only if that threw, and no filter in it.
 */
function toldPosition({ lineno, colno, cause }: Thrown, reason: string): [line: number, column: number] | undefined {
  if (typeof lineno !== 'number' || typeof colno !== 'number' || filterError.test(reason)) return undefined
  if (!(cause instanceof Error)) return [lineno, colno]
  return cause.stack?.includes('callWrap') ? [lineno + 1, colno + 1] : undefined
}

/** What a filter of ours throws is told with its name. */
const filterError = /^filter (\w+): /

/** Where a filter stands in a template. */
const usesOf = (name: string, source: string): number[] =>
  [...source.matchAll(new RegExp(`(?<=\\|\\s*|\\{%-?\\s*filter\\s+)${escapeRegex(name)}\\b`, 'g'))].map(
    ({ index }) => index,
  )

const onlyOne = (places: number[]): number | undefined => (places.length === 1 ? places[0] : undefined)

/** How to find, for a reason that nunjucks gives without a place, the offset that it is about. */
const searches: [RegExp, (source: string, name: string) => number | undefined][] = [
  [/^filter not found: (.+)/, (source, name) => usesOf(name, source)[0]],
  [filterError, (source, name) => onlyOne(usesOf(name, source))],
  [
    /^test not found: (.+)/,
    (source, name) => source.search(new RegExp(`(?<=\\bis\\s+(?:not\\s+)?)${escapeRegex(name)}\\b`)),
  ],
  [
    /^template not found: (.+)/,
    (source, name) => source.search(new RegExp(`\\{%-?\\s*\\w+\\s+(["'])${escapeRegex(name)}\\1`)),
  ],
  [
    /^(?:expected (?:variable|block) end|(?:un)?expected end of comment)/,
    (source) => withoutTags(source).search(/\{[{%#]|#\}/),
  ],
  [/end of file$/, unclosedBlock],
]

function soughtPosition(reason: string, source: string): [line: number, column: number] | undefined {
  for (const [pattern, search] of searches) {
    const match = pattern.exec(reason)
    const at = match ? (search(source, match[1] ?? '') ?? -1) : -1
    if (at < 0) continue
    const before = source.slice(0, at).split('\n')
    return [before.length, (before.at(-1)?.length ?? 0) + 1]
  }
  return undefined
}
