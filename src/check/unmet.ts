import type { Draft } from '../compose.js'
import type { Service } from '../marathon/services.js'
import type { Expectations, Expected } from './expectations.js'
import { whyFewer, whyNowhere } from './reasons.js'
import type { Failure } from './report.js'
import { asRendered, serversOf, serviceOfHost, servicesOfPort } from './routed.js'

type Made = Pick<Draft, 'apps' | 'services' | 'findings' | 'configuration'>

/** What was made of a reply, with the services as they were rendered, and as the templates were given them. */
type Rendered = Made & { given: Service[] }

/** What of these expectations a draft with these warnings does not meet: one failure each, with what is there instead, and why. */
export function unmetIn(expected: Expectations, made: Made, warnings: string[]): Failure[] {
  const draft = { ...made, services: asRendered(made.services, made.configuration), given: made.services }
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

function unmetHost(request: string, expected: Expected, draft: Rendered): Failure[] {
  const host = /^[^/:]*/.exec(request)?.[0].toLowerCase() ?? ''
  const find = (services: Service[]): Service | undefined => serviceOfHost(services, request)
  return unmet(request, expected, find, draft, () => whyNowhere({ host }, draft))
}

function unmetPort(place: string, expected: Expected, draft: Rendered): Failure[] {
  const find = (services: Service[]): Service | undefined => servicesOfPort(services, place)[0]
  if (servicesOfPort(draft.services, place).length > 1)
    return [failure(`port ${place}: several services listen there; write address:port`)]
  const port = Number(place.slice(place.lastIndexOf(':') + 1))
  return unmet(`port ${place}`, expected, find, draft, () => whyNowhere({ port }, draft))
}

function unmet(
  place: string,
  expected: Expected,
  find: (services: Service[]) => Service | undefined,
  draft: Rendered,
  why: () => string,
): Failure[] {
  const service = find(draft.services)
  const is = service ? serversOf(service) : null
  if (same(is, expected)) return []
  const led = service ? `to ${service.appId} port ${service.portIndex} with ${said(is)}` : 'nowhere'
  const reason = whyUnrendered(find(draft.given), is) || (service ? whyFewer(service, expected ?? [], draft) : why())
  const because = reason === '' ? '' : ` (${reason})`
  const wanted = expected === null ? 'no route' : said(expected)
  return [failure(`${place}: expected ${wanted}, but it leads ${led}${because}`, service)]
}

function whyUnrendered(given: Service | undefined, is: Expected): string {
  if (!given || same(is, serversOf(given))) return ''
  return `the templates leave out what ${given.appId} port ${given.portIndex} has there`
}

const same = (is: Expected, expected: Expected): boolean =>
  is === null || expected === null ? is === expected : is.join() === [...new Set(expected)].sort().join()

const said = (servers: Expected): string => servers?.join(', ') || 'no server'
