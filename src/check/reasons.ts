import type { Draft } from '../compose.js'
import { type Finding, sentenceOf } from '../marathon/findings.js'
import { type AppPort, portsOf } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import { escapeRegex } from '../render/quote.js'
import { serversOf } from './routed.js'

type Found = Pick<Draft, 'apps' | 'services' | 'findings'>

/** A host name in small letters, or a port. */
type Place = { host: string } | { port: number }

const mostReasons = 3

/**
 * Why a request for a host, or a port of listeners, leads nowhere: only paths of it are routed, or a finding tells, which names the
 * place or an app's port that asks for it.
 */
export function whyNowhere(place: Place, { apps, services, findings }: Found): string {
  const routes = services.flatMap((service) =>
    service.routes.filter(({ host }) => 'host' in place && host === place.host),
  )
  const paths = routes.map(({ path }) => path).sort()
  if (routes[0]) return `of ${routes[0].host} only ${paths.join(', ')} is routed`
  const named = 'host' in place ? `host ${place.host}` : `service port ${place.port}`
  const asking = apps.flatMap((app) => indexesAsking(app, place).map((portIndex) => ({ appId: app.id, portIndex })))
  const isAbout = ({ appId, portIndex, taskId, says }: Finding): boolean =>
    new RegExp(`\\b${escapeRegex(named)}(?![\\w.-])`).test(says) ||
    (taskId === undefined &&
      asking.some((one) => one.appId === appId && (portIndex === undefined || one.portIndex === portIndex)))
  const reasons = sentences(findings.filter(isAbout))
  if (reasons !== '') return reasons
  const [asker] = asking
  return asker ? `${asker.appId} port ${asker.portIndex} asks for it` : `no app asks for ${named}`
}

/** The indexes of an app's ports whose labels or definition name this place. */
function indexesAsking(app: App, place: Place): number[] {
  const asks = (index: number, label: string, word: string): boolean =>
    wordsOf(app.labels[`HAPROXY_${index}_${label}`]).includes(word)
  const isAsking = ({ index, servicePort }: AppPort): boolean =>
    'host' in place
      ? asks(index, 'VHOST', place.host)
      : servicePort === place.port || asks(index, 'PORT', String(place.port))
  return portsOf(app)
    .filter(isAsking)
    .map(({ index }) => index)
}

const wordsOf = (list = ''): string[] => list.toLowerCase().split(/[\s,]+/)

/** Why tasks of a service get no traffic, as far as findings tell; nothing where all that are expected do. */
export function whyFewer(service: Service, expected: string[], { findings }: Found): string {
  const servers = serversOf(service)
  if (expected.every((server) => servers.includes(server))) return ''
  const { appId, portIndex } = service
  return sentences(
    findings.filter((one) => one.appId === appId && one.portIndex === portIndex && one.taskId !== undefined),
  )
}

function sentences(findings: Finding[]): string {
  const named = findings.slice(0, mostReasons).map(sentenceOf)
  const more = findings.length - named.length
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
