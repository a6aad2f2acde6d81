import { resolve } from 'node:path'
import { UpdaterError } from './errors.js'
import { bindAddress } from './marathon/label-values.js'

/** One raw value of an option and where it was written, for messages: `--http-port`, a variable, or `file:line`. */
export interface Given {
  value: unknown
  where: string
}

/** A parser turns a given value into the typed one, or throws a `usage` error that names the place and the value. */
export type Parse<T> = (given: Given) => T

const refuse = (given: Given, wanted: string): never => {
  throw new UpdaterError('usage', `${given.where} is ${JSON.stringify(given.value)}, which is not ${wanted}`)
}

const asText = (given: Given): string => {
  const { value } = given
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : refuse(given, 'a text')
}

/** Any text that is not empty. */
export const text: Parse<string> = asText

/** A URL of Marathon: http or https. A value without a scheme is taken as http. */
export const url: Parse<string> = (given) => {
  const value = asText(given)
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const parsed = URL.canParse(full) ? new URL(full) : undefined
  const ok = parsed && /^https?:$/.test(parsed.protocol) && !parsed.search && !parsed.hash
  return ok ? full : refuse({ ...given, value: withoutCredentials(value) }, 'an http or https URL')
}

const withoutCredentials = (value: string): string => value.replace(/^(.*\/\/)?.*@/, '$1***@')

/** A TCP port, 1 to 65535, or `off`, which gives undefined. */
export const portOrOff: Parse<number | undefined> = (given) => {
  const value = asText(given)
  if (value === 'off') return undefined
  return /^\d{1,5}$/.test(value) && +value >= 1 && +value <= 65535
    ? +value
    : refuse(given, 'a port (1 to 65535) or "off"')
}

/** A duration in milliseconds, up to 24 days, from a number of seconds or a number with ms, s or m. */
export const duration: Parse<number> = (given) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(asText(given))
  const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'] ?? 1000
  const value = match ? Number(match[1]) * unit : Number.POSITIVE_INFINITY
  // Node's timers end at once beyond this.
  return value < 2 ** 31
    ? value
    : refuse(given, 'a duration: a number of seconds, or a number with ms, s or m, up to 24 days')
}

/** A path, made absolute: what is written into the configuration must mean the same to HAProxy, wherever it was started. */
export const path: Parse<string> = (given) => resolve(asText(given))

/** A path, made absolute; `none` gives undefined. */
export const pathOrNone: Parse<string | undefined> = (given) => (asText(given) === 'none' ? undefined : path(given))

/** A percentage, 0 to 100. */
export const percent: Parse<number> = (given) => {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(asText(given))
  return match && Number(match[1]) <= 100 ? Number(match[1]) : refuse(given, 'a percentage from 0 to 100')
}

/** A size in bytes, from a whole number of MiB of at least 1. */
export const mebibytes: Parse<number> = (given) => {
  const value = asText(given)
  return /^[1-9]\d{0,5}$/.test(value) ? Number(value) * 2 ** 20 : refuse(given, 'a whole number of MiB')
}

/** A path or another text; `none` gives undefined. */
export const textOrNone: Parse<string | undefined> = (given) => {
  const value = asText(given)
  return value === 'none' ? undefined : value
}

/** An address HAProxy can bind to: `*`, IPv4, or IPv6 with or without brackets (given back without, in its one spelling). */
export const address: Parse<string> = (given) => {
  return bindAddress(asText(given)) ?? refuse(given, 'an IP address or "*"')
}

/** A DNS domain, given back in lower case and without a dot at the end. */
export const domain: Parse<string> = (given) => {
  const value = asText(given).toLowerCase().replace(/\.$/, '')
  return /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value)
    ? value
    : refuse(given, 'a DNS domain')
}

/** One word of a list; a wrong one is refused with the nearest right one. */
export const oneOf =
  <const T extends string>(...words: T[]): Parse<T> =>
  (given) => {
    const value = asText(given)
    const word = words.find((candidate) => candidate === value)
    return word ?? refuse(given, `one of ${words.join(', ')}${didYouMean(value, words)}`)
  }

/** `on` or `off`, as true or false. */
export const onOff: Parse<boolean> = (given) => oneOf('on', 'off')(given) === 'on'

/** A switch: given as a flag, as true/false in the config file, or as true/false, yes/no, 1/0 in the environment. */
export const flag: Parse<boolean> = (given) => {
  if (typeof given.value === 'boolean') return given.value
  const value = String(given.value)
  if (/^(true|yes|1)$/.test(value)) return true
  return /^(false|no|0)$/.test(value) ? false : refuse(given, 'true or false')
}

/** A list from a repeated flag, a JSON array, or words split at commas and blanks in the environment. */
export const list =
  <T>(parse: Parse<T>): Parse<T[]> =>
  (given) => {
    const values = Array.isArray(given.value) ? given.value : wordsOf(asText(given))
    if (values.length === 0) return refuse(given, 'a list with a value in it')
    return values.map((value) => parse({ ...given, value }))
  }

/** The words of a list, each of which may be a comma list as in a label. */
export const groups: Parse<string[]> = (given) =>
  list(text)(given).flatMap((words) => words.split(',').flatMap((word) => word.trim() || []))

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

/** " (did you mean X?)" for the nearest candidate within a third of its letters; empty when none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const ranked = candidates.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
  const best = ranked.sort((a, b) => a.distance - b.distance)[0]
  return best && best.distance <= Math.max(2, best.candidate.length / 3) ? ` (did you mean ${best.candidate}?)` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
