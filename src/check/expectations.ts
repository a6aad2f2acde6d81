import { readFileSync } from 'node:fs'
import { reasonOf, UpdaterError } from '../errors.js'
import { parseJson } from '../json-text.js'
import { isRecord, type Json } from '../marathon/json.js'
import { didYouMean } from '../option-values.js'

/** The servers of a route or listener as `host:port`, the host as Marathon names it; null: there is no such route or listener. */
export type Expected = string[] | null

/** What is expected of a reply's configuration. */
export interface Expectations {
  /** By example request: `host` or `host/path`. */
  hosts: Record<string, Expected>
  /** By listener: `port` or `address:port`. */
  ports: Record<string, Expected>
  /** Pieces of the rendered text, and what must not be in it. */
  contains: string[]
  'not-contains': string[]
  /** Pieces of warnings. */
  warnings: string[]
}

const nothing: Expectations = { hosts: {}, ports: {}, contains: [], 'not-contains': [], warnings: [] }

/** Reads a file of expectations. Throws `no-input` where it cannot be read, `bad-setup` with the file where it is in error. */
export function readExpectations(file: string): Expectations {
  try {
    return parseExpectations(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof UpdaterError) throw error
    throw new UpdaterError('no-input', `cannot read the expectations ${file}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Reads the text of a file of expectations: a JSON object. Throws `bad-setup` with the file, and the line of what is not JSON. */
export function parseExpectations(text: string, file: string): Expectations {
  const expected = objectIn(text, file)
  const [fault] = Object.entries(expected).flatMap(([key, value]) => faultsIn(key, value))
  if (fault !== undefined) throw new UpdaterError('bad-setup', `${file}: ${fault}`)
  return { ...nothing, ...expected }
}

function objectIn(text: string, file: string): Json {
  const parsed = parseJson(text, file)
  if (isRecord(parsed)) return parsed
  throw new UpdaterError('bad-setup', `${file}:1: not a JSON object of expectations`)
}

const forms = {
  hosts: { form: /^[^/:\s]+(:\d{1,5})?(\/\S*)?$/, wanted: 'a host or host/path, such as shop.example.test/admin' },
  ports: { form: /^(\S+:)?\d{1,5}$/, wanted: 'a port or address:port, such as 127.0.0.1:8080' },
}

const server = /^(\[[\da-f:.]+\]|[^\s:[\]]+):\d{1,5}$/i

function faultsIn(key: string, value: unknown): string[] {
  if (key === 'hosts' || key === 'ports') return faultsInPlaces(key, value)
  if (!Object.hasOwn(nothing, key)) return [`unknown key "${key}"${didYouMean(key, Object.keys(nothing))}`]
  return isTexts(value) ? [] : [`"${key}" is not a list of texts`]
}

function faultsInPlaces(key: keyof typeof forms, places: unknown): string[] {
  const { form, wanted } = forms[key]
  if (!isRecord(places)) return [`"${key}" is not an object, with servers by ${key === 'hosts' ? 'host' : 'port'}`]
  return Object.entries(places).flatMap(([place, servers]) => {
    if (!form.test(place)) return [`"${key}" has "${place}", which is not ${wanted}`]
    if (servers === null || (isTexts(servers) && servers.every((one) => server.test(one)))) return []
    return [`"${key}" of "${place}" is not a list of "host:port" (IPv6 in brackets), nor null for what is not routed`]
  })
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
