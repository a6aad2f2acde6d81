import { plain } from '../text.js'

/** An object of unknown JSON. Whatever is not as wanted in it is read as absent: null, absent and [] are the same. */
export type Json = Record<string, unknown>

/** An object (or list) as it is; anything else has no members. */
export const record = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {})

/** Whether this is an object. */
export const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** A list as it is; anything else is empty. */
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A text that is not empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** A whole number of 0 or more. */
export const integer = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined

/** A port; 0 and what is out of range are none. */
export const portNumber = (value: unknown): number | undefined => {
  const port = integer(value)
  return port && port <= 65535 ? port : undefined
}

/** The members of an object that are texts, in the order of their names. */
export function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const longestShown = 80

/** A value of a reply as a message may show it: on one line, not too long, and without signs that a terminal obeys. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return `of type ${value === null ? 'null' : typeof value}`
  const text = value.length > longestShown ? `${value.slice(0, longestShown)}…` : value
  return plain(JSON.stringify(text))
}
