import { readFileSync } from 'node:fs'
import { reasonOf, UpdaterError } from '../errors.js'
import { parseJson } from '../json-text.js'
import { isRecord, type Json, portNumber } from '../marathon/json.js'
import { bindAddress } from '../marathon/label-values.js'
import { didYouMean } from '../option-values.js'
import { endpointText } from '../render/names.js'
import { withoutBom } from '../text.js'
import { requireRegular } from './regular.js'

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
  requireRegular(file, 'expectations')
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
  const parsed = parseJson(withoutBom(text), file)
  if (isRecord(parsed)) return parsed
  throw new UpdaterError('bad-setup', `${file}:1: not a JSON object of expectations`)
}

const isRequest = (place: string): boolean => /^[^/:\s]+(:\d{1,5})?(\/\S*)?$/.test(place)

/** Written as `servicesOfPort` compares it: anything else would be found nowhere, as `null` expects. */
function isListener(place: string): boolean {
  const [, given = '*', digits] = /^(?:(\S+):)?(\d+)$/.exec(place) ?? []
  const [address, port] = [bindAddress(given), portNumber(Number(digits))]
  if (address === undefined || port === undefined) return false
  return [String(port), endpointText(address, port)].includes(place)
}

function isServer(text: string): boolean {
  const [, digits] = /^(?:\[[\da-f:.]+\]|[^\s:[\]]+):(\d+)$/i.exec(text) ?? []
  return portNumber(Number(digits)) !== undefined
}

const forms = {
  hosts: { is: isRequest, wanted: 'a host or host/path, such as shop.example.test/admin' },
  ports: { is: isListener, wanted: 'a port or address:port, such as 127.0.0.1:8080' },
}

function faultsIn(key: string, value: unknown): string[] {
  if (key === 'hosts' || key === 'ports') return faultsInPlaces(key, value)
  if (!Object.hasOwn(nothing, key)) return [`unknown key "${key}"${didYouMean(key, Object.keys(nothing))}`]
  return isTexts(value) ? [] : [`"${key}" is not a list of texts`]
}

function faultsInPlaces(key: keyof typeof forms, places: unknown): string[] {
  const { is, wanted } = forms[key]
  if (!isRecord(places)) return [`"${key}" is not an object, with servers by ${key === 'hosts' ? 'host' : 'port'}`]
  return Object.entries(places).flatMap(([place, servers]) => {
    if (!is(place)) return [`"${key}" has "${place}", which is not ${wanted}`]
    if (servers === null || (isTexts(servers) && servers.every(isServer))) return []
    return [`"${key}" of "${place}" is not a list of "host:port" (IPv6 in brackets), nor null for what is not routed`]
  })
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
