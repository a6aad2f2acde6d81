import { UpdaterError } from './errors.js'
import { type Bind, bindsByPort, bindsIn, overlap } from './haproxy/config-text.js'
import { type Refused, tryListeners } from './haproxy/listeners.js'
import type { Quarantined } from './live/state.js'
import { resolveHosts } from './marathon/addresses.js'
import { settleConflicts } from './marathon/conflicts.js'
import { mergeDeployments } from './marathon/deployment-groups.js'
import { readApps } from './marathon/reply.js'
import { placeServers } from './marathon/servers.js'
import { type Rules, type Service, servicesOf } from './marathon/services.js'
import type { Options } from './options.js'
import { leaveOut } from './quarantine.js'
import { type Configuration, configurationOf } from './render/configuration.js'
import { bindText } from './render/names.js'
import { packagedTemplates, templatesIn } from './render/template.js'
import type { Frontends } from './render/view.js'
import type { Surroundings } from './surroundings.js'

/**
 * A reply made into a configuration, with everything that was left out on the way. `render` gives the configuration of other services
 * in its place.
 */
export interface Draft {
  configuration: Configuration
  services: Service[]
  quarantine: Record<string, Quarantined>
  warnings: string[]
  addresses: Record<string, string>
  render: (services: Service[]) => Promise<Configuration>
}

const resolveLimit = 5000

/**
 * From a reply to a configuration: apps, services, addresses, listeners, view, text. Throws what its steps throw, and `port-taken`
 * where a listener that no app asked for cannot be opened.
 */
export async function compose(reply: { apps: unknown[] }, options: Options, around: Surroundings): Promise<Draft> {
  const wanted = frontendsOf(options)
  const { apps, warnings: oddApps } = readApps(reply, options.allowEmpty)
  const { services: labelled, warnings: badLabels } = servicesOf(apps, rulesOf(options, wanted, around))
  const { services: placed, warnings: unresolved, addresses } = await place(labelled, options, around)
  const { services: settled, warnings: conflicts } = settleConflicts(mergeDeployments(placed), reservedPorts(wanted))
  const { services, frontends, warnings: closed } = await listenable(settled, wanted, around.held)
  const render = rendererOf(frontends, options, around)
  const { kept, quarantine, warnings: rejected } = await leaveOut(services, around.quarantine, render)
  const { doubled, ...rendered } = await renderOnce(kept, render)
  await requireListeners(rendered.configuration.text, services, around.held)
  const warnings = [...oddApps, ...badLabels, ...conflicts, ...unresolved, ...closed, ...rejected, ...doubled]
  return { ...rendered, quarantine, warnings, addresses, render }
}

function rendererOf(frontends: Frontends, options: Options, { live }: Surroundings): Draft['render'] {
  const { templates, statsSocket, resolve: resolved } = options
  const place = { live, templates, statsSocket, frontends, resolved }
  const renderText = templatesIn(templates)
  return (services) => configurationOf(services, place, templates ?? packagedTemplates, renderText)
}

/**
 * Renders, and renders again where an app got a listener that the operator's templates bind as well: HAProxy would share such a port
 * between both, so the app loses it.
 */
async function renderOnce(services: Service[], render: Draft['render']) {
  const configuration = await render(services)
  const losers = boundTwice(services, configuration.text)
  if (losers.length === 0) return { configuration, services, doubled: [] }
  const kept = services.map((service) => (losers.includes(service) ? { ...service, listener: undefined } : service))
  const doubled = losers.map(
    ({ appId, portIndex, listener }) =>
      `${appId} port ${portIndex} does not get service port ${listener?.port}: the templates bind it`,
  )
  return { configuration: await render(kept), services: kept, doubled }
}

/** The services whose listener is not the only one of the text at its place. */
function boundTwice(services: Service[], text: string): Service[] {
  const binds = bindsByPort(bindsIn(text))
  return services.filter(
    ({ listener }) => listener && (binds.get(listener.port) ?? []).filter((bind) => overlap(bind, listener)).length > 1,
  )
}

const frontendsOf = (options: Options): Frontends => ({
  address: options.bind,
  http: options.httpPort,
  https: options.sslCert && options.httpsPort,
  stats: options.statsPort,
  appId: options.appIdPort,
  certificates: options.sslCert ?? [],
})

const rulesOf = (options: Options, { https, appId, certificates }: Frontends, { isLive }: Surroundings): Rules => ({
  groups: options.group,
  requireEnabled: options.requireEnabled,
  health: options.health,
  readiness: options.readiness,
  unreachable: options.unreachable,
  trustLabels: options.trustLabels,
  mesosDns: options.mesosDnsDomain ? { domain: options.mesosDnsDomain, framework: options.mesosFramework } : undefined,
  bindAddress: options.bind,
  https: https !== undefined,
  byAppId: appId !== undefined,
  certificates,
  isLive,
})

function reservedPorts({ http, https, stats, appId }: Frontends): Map<number, string> {
  const named: [number | undefined, string][] = [
    [http, 'http'],
    [https, 'https'],
    [stats, 'stats'],
    [appId, 'app-id'],
  ]
  return new Map(named.flatMap(([port, name]) => (port ? [[port, name] as const] : [])))
}

async function place(services: Service[], options: Options, { addressesSeen, timeLeft }: Surroundings) {
  if (!options.resolve) return { services, warnings: [], addresses: {} }
  const hosts = new Set(services.flatMap(({ servers }) => servers.map(({ host }) => host)))
  const found = await resolveHosts(hosts, addressesSeen, Math.min(resolveLimit, timeLeft()))
  const names = [...found].filter(([host, address]) => host !== address).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...placeServers(services, found), addresses: Object.fromEntries(names) }
}

/** Leaves out each service port that cannot be listened on, and the stats page; their hosts stay routed. */
async function listenable(services: Service[], frontends: Frontends, held: Bind[] | undefined) {
  if (!held) return { services, frontends, warnings: [] }
  const binds = services.flatMap(({ listener }) => (listener ? [bindOf(listener)] : []))
  const stats = frontends.stats ? [{ address: '127.0.0.1', port: frontends.stats }] : []
  const refused = new Map(
    (await tryListeners([...binds, ...stats], held)).map((refusal) => [bindText(refusal.bind), refusal]),
  )
  const warnings: string[] = []
  const open = services.map((service) => {
    const refusal = service.listener && refused.get(bindText(service.listener))
    if (!refusal) return service
    warnings.push(`${service.appId} port ${service.portIndex} gets no listener: ${why(refusal)}`)
    return { ...service, listener: undefined }
  })
  const statsRefused = stats[0] && refused.get(bindText(stats[0]))
  if (statsRefused) warnings.push(`the stats page gets no listener: ${why(statsRefused)}`)
  return { services: open, frontends: statsRefused ? { ...frontends, stats: undefined } : frontends, warnings }
}

const bindOf = ({ address, port }: Bind): Bind => ({ address, port })

/** The http and https ports, and what the operator's templates bind, cannot be left out: a reload onto a busy one is an outage. */
async function requireListeners(text: string, services: Service[], held: Bind[] | undefined): Promise<void> {
  if (!held) return
  const ofServices = new Set(services.flatMap(({ listener }) => (listener ? [bindText(listener)] : [])))
  const others = bindsIn(text).filter((bind) => !ofServices.has(bindText(bind)))
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
