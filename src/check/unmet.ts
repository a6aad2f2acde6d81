import type { Draft } from '../compose.js'
import type { Service } from '../marathon/services.js'
import type { Expectations, Expected } from './expectations.js'
import { whyFewer, whyNowhere } from './reasons.js'
import type { Failure } from './report.js'
import { serversOf, serviceOfHost, servicesOfPort } from './routed.js'

type Made = Pick<Draft, 'apps' | 'services' | 'findings' | 'configuration'>

/** What of these expectations a draft with these warnings does not meet: one failure each, with what is there instead, and why. */
export function unmetIn(expected: Expectations, draft: Made, warnings: string[]): Failure[] {
  return [
    ...Object.entries(expected.hosts).flatMap(([request, servers]) => unmetHost(request, servers, draft)),
    ...Object.entries(expected.ports).flatMap(([place, servers]) => unmetPort(place, servers, draft)),
    ...unmetInTexts(expected, draft.configuration.text, warnings),
  ]
}

const failure = (message: string, service?: Service): Failure => ({
  kind: 'expectation',
  message,
  ...(service ? { app: service.appId, port: service.portIndex } : {}),
})

function unmetInTexts(expected: Expectations, text: string, warnings: string[]): Failure[] {
  const lineOf = (piece: string): number => text.slice(0, text.indexOf(piece)).split('\n').length
  const missing = expected.contains.filter((piece) => !text.includes(piece))
  const present = expected['not-contains'].filter((piece) => text.includes(piece))
  const unwarned = expected.warnings.filter((piece) => !warnings.some((warning) => warning.includes(piece)))
  return [
    ...missing.map((piece) => `the rendered text does not contain ${JSON.stringify(piece)}`),
    ...present.map((piece) => `the rendered text contains ${JSON.stringify(piece)} in line ${lineOf(piece)}`),
    ...unwarned.map((piece) => `no warning contains ${JSON.stringify(piece)}`),
  ].map((message) => failure(message))
}

function unmetHost(request: string, expected: Expected, draft: Made): Failure[] {
  const host = /^[^/:]*/.exec(request)?.[0].toLowerCase() ?? ''
  return unmet(request, expected, serviceOfHost(draft.services, request), draft, () => whyNowhere({ host }, draft))
}

function unmetPort(place: string, expected: Expected, draft: Made): Failure[] {
  const [service, another] = servicesOfPort(draft.services, place)
  if (another) return [failure(`port ${place}: several services listen there; write address:port`)]
  const port = Number(place.slice(place.lastIndexOf(':') + 1))
  return unmet(`port ${place}`, expected, service, draft, () => whyNowhere({ port }, draft))
}

function unmet(
  place: string,
  expected: Expected,
  service: Service | undefined,
  draft: Made,
  why: () => string,
): Failure[] {
  const is = service ? serversOf(service) : null
  if (same(is, expected)) return []
  const led = service ? `to ${service.appId} port ${service.portIndex} with ${said(is)}` : 'nowhere'
  const reason = service ? whyFewer(service, expected ?? [], draft) : why()
  const because = reason === '' ? '' : ` (${reason})`
  const wanted = expected === null ? 'no route' : said(expected)
  return [failure(`${place}: expected ${wanted}, but it leads ${led}${because}`, service)]
}

const same = (is: Expected, expected: Expected): boolean =>
  is === null || expected === null ? is === expected : is.join() === [...new Set(expected)].sort().join()

const said = (servers: Expected): string => servers?.join(', ') || 'no server'
