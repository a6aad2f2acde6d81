import { UpdaterError } from './errors.js'
import { type Bind, bindsIn } from './haproxy/config-text.js'
import { type Refused, tryListeners } from './haproxy/listeners.js'
import { resolveHosts } from './marathon/addresses.js'
import { settleConflicts } from './marathon/conflicts.js'
import { readApps } from './marathon/reply.js'
import { placeServers, type Rules, type Service, servicesOf } from './marathon/services.js'
import type { Options } from './options.js'
import { type Configuration, configurationOf } from './render/configuration.js'
import { bindText } from './render/names.js'
import { packagedTemplates } from './render/template.js'
import type { Frontends } from './render/view.js'
import type { Surroundings } from './surroundings.js'

/** A reply made into a configuration, with everything that was left out on the way. */
export interface Draft {
  configuration: Configuration
  warnings: string[]
  addresses: Record<string, string>
}

const resolveLimit = 5000

/**
 * From a reply to a configuration: apps, services, addresses, listeners, view, text. Throws what its steps throw, and `port-taken`
 * where a listener that no app asked for cannot be opened.
 */
export async function compose(reply: { apps: unknown[] }, options: Options, around: Surroundings): Promise<Draft> {
  const wanted = frontendsOf(options)
  const { apps, warnings: oddApps } = readApps(reply, options.allowEmpty)
  const { services: labelled, warnings: badLabels } = servicesOf(apps, rulesOf(options, around))
  const { services: settled, warnings: conflicts } = settleConflicts(labelled, reservedPorts(wanted))
  const { services: placed, warnings: unresolved, addresses } = await place(settled, options, around)
  const { services, frontends, warnings: closed } = await listenable(placed, wanted, around.held)
  const { configuration, warnings: doubled } = await renderOnce(services, frontends, options, around)
  await requireListeners(configuration.text, services, around.held)
  const warnings = [...oddApps, ...badLabels, ...conflicts, ...unresolved, ...closed, ...doubled]
  return { configuration, warnings, addresses }
}

/**
 * Renders, and renders again where an app got a service port that the operator's templates bind as well: HAProxy would share such a
 * port between both, so the app loses it.
 */
async function renderOnce(services: Service[], frontends: Frontends, options: Options, { live }: Surroundings) {
  const { templates, statsSocket, resolve: resolved } = options
  const place = { live, templates, statsSocket, frontends, resolved }
  const shown = templates ?? packagedTemplates
  const configuration = await configurationOf(services, place, shown)
  const ports = bindsIn(configuration.text).map(({ port }) => port)
  const seen = new Set<number>()
  const twice = new Set(ports.filter((port) => seen.has(port) || !seen.add(port)))
  const losers = services.filter(({ servicePort }) => servicePort !== undefined && twice.has(servicePort))
  if (losers.length === 0) return { configuration, warnings: [] }
  const kept = services.map((service) => (losers.includes(service) ? { ...service, servicePort: undefined } : service))
  const warnings = losers.map(
    ({ appId, portIndex, servicePort }) =>
      `${appId} port ${portIndex} does not get service port ${servicePort}: the templates bind it`,
  )
  return { configuration: await configurationOf(kept, place, shown), warnings }
}

const frontendsOf = (options: Options): Frontends => ({
  address: options.bind,
  http: options.httpPort,
  https: options.sslCert && options.httpsPort,
  stats: options.statsPort,
  certificates: options.sslCert ?? [],
})

const rulesOf = (options: Options, { isLive }: Surroundings): Rules => ({
  groups: options.group,
  requireEnabled: options.requireEnabled,
  health: options.health,
  unreachable: options.unreachable,
  isLive,
})

function reservedPorts({ http, https, stats }: Frontends): Map<number, string> {
  const named: [number | undefined, string][] = [
    [http, 'http'],
    [https, 'https'],
    [stats, 'stats'],
  ]
  return new Map(named.flatMap(([port, name]) => (port ? [[port, name] as const] : [])))
}

async function place(services: Service[], options: Options, { addressesSeen }: Surroundings) {
  if (!options.resolve) return { services, warnings: [], addresses: {} }
  const hosts = new Set(services.flatMap(({ servers }) => servers.map(({ host }) => host)))
  const found = await resolveHosts(hosts, addressesSeen, Math.min(resolveLimit, options.timeout))
  const names = [...found].filter(([host, address]) => host !== address).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...placeServers(services, found), addresses: Object.fromEntries(names) }
}

/** Leaves out each service port that cannot be listened on, and the stats page; their hosts stay routed. */
async function listenable(services: Service[], frontends: Frontends, held: Bind[] | undefined) {
  if (!held) return { services, frontends, warnings: [] }
  const binds = services.flatMap(({ servicePort }) =>
    servicePort ? [{ address: frontends.address, port: servicePort }] : [],
  )
  const stats = frontends.stats ? [{ address: '127.0.0.1', port: frontends.stats }] : []
  const refused = new Map(
    (await tryListeners([...binds, ...stats], held)).map((refusal) => [refusal.bind.port, refusal]),
  )
  const warnings: string[] = []
  const open = services.map((service) => {
    const refusal = refused.get(service.servicePort ?? 0)
    if (!refusal) return service
    warnings.push(`${service.appId} port ${service.portIndex} gets no listener: ${why(refusal)}`)
    return { ...service, servicePort: undefined }
  })
  const statsRefused = refused.get(frontends.stats ?? 0)
  if (statsRefused) warnings.push(`the stats page gets no listener: ${why(statsRefused)}`)
  return { services: open, frontends: statsRefused ? { ...frontends, stats: undefined } : frontends, warnings }
}

/** The http and https ports, and what the operator's templates bind, cannot be left out: a reload onto a busy one is an outage. */
async function requireListeners(text: string, services: Service[], held: Bind[] | undefined): Promise<void> {
  if (!held) return
  const ofServices = new Set(services.map(({ servicePort }) => servicePort))
  const others = bindsIn(text).filter(({ port }) => !ofServices.has(port))
  const refusal = (await tryListeners(others, held))[0]
  if (!refusal) return
  throw new UpdaterError(
    'port-taken',
    `HAProxy could not listen there: ${why(refusal)}; HAProxy was not reloaded and the live file is untouched; free the port; or ` +
      'restart HAProxy, if it holds the port itself and has no such stats socket yet; or give --port-check off, where HAProxy has ' +
      'another network namespace or rights that this user lacks',
  )
}

function why({ bind, code }: Refused): string {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process holds it',
    EADDRNOTAVAIL: 'this host does not have that address',
    EACCES: 'this user may not listen there',
  }
  return `${bindText(bind)} (${code}${reasons[code] ? `: ${reasons[code]}` : ''})`
}
