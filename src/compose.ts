import { bindsByPort, bindsIn, overlap } from './haproxy/config-text.js'
import { listenable, requireListeners } from './listeners.js'
import type { Quarantine } from './live/state.js'
import { resolveHosts } from './marathon/addresses.js'
import { settleConflicts } from './marathon/conflicts.js'
import { mergeDeployments } from './marathon/deployment-groups.js'
import { readApps } from './marathon/reply.js'
import { placeServers } from './marathon/servers.js'
import { type Rules, type Service, servicesOf } from './marathon/services.js'
import type { Options } from './options.js'
import { hashesBy, stillLeftOut, warningsOf, withEntry } from './quarantine.js'
import { type Configuration, configurationOf } from './render/configuration.js'
import { packagedTemplates, templatesIn } from './render/template.js'
import type { Frontends } from './render/view.js'
import type { Surroundings } from './surroundings.js'

/**
 * A reply made into a configuration, with everything that was left out on the way. `render` gives the configuration of some of the
 * services; `leaveOut` the draft without one of them, so that others get what it wanted.
 */
export interface Draft {
  configuration: Configuration
  services: Service[]
  quarantine: Quarantine
  warnings: string[]
  addresses: Record<string, string>
  render: (services: Service[]) => Promise<Configuration>
  leaveOut: (service: Service, reason: string, now: number) => Promise<Draft>
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
  const merged = mergeDeployments(placed)
  const rendererOf = rendererFor(options, around)
  const hashes = hashesBy(rendererOf(wanted))

  const build = async (quarantine: Quarantine): Promise<Draft> => {
    const kept = merged.filter(({ backend }) => !Object.hasOwn(quarantine, backend))
    const { services: settled, warnings: conflicts } = settleConflicts(kept, reservedPorts(wanted))
    const { services: open, frontends, warnings: closed } = await listenable(settled, wanted, around.held)
    const render = rendererOf(frontends)
    const { configuration, services, warnings: doubled } = await renderUnshared(open, render)
    await requireListeners(configuration.text, open, around.held)
    const found = [...oddApps, ...badLabels, ...conflicts, ...unresolved, ...closed, ...doubled]
    const leaveOut: Draft['leaveOut'] = async (service, reason, now) =>
      build(await withEntry(quarantine, merged, service, { reason, now, hashes }))
    return {
      configuration,
      services,
      quarantine,
      warnings: [...found, ...warningsOf(quarantine)],
      addresses,
      render,
      leaveOut,
    }
  }
  return build(await stillLeftOut(merged, around.quarantine, hashes))
}

/** The templates are read once, whatever the frontends are. */
function rendererFor(options: Options, { live }: Surroundings): (frontends: Frontends) => Draft['render'] {
  const { templates, statsSocket, resolve: resolved } = options
  const renderText = templatesIn(templates)
  return (frontends) => (services) => {
    const place = { live, templates, statsSocket, frontends, resolved }
    return configurationOf(services, place, templates ?? packagedTemplates, renderText)
  }
}

/**
 * Renders, and renders again where an app got a listener that the operator's templates bind as well: HAProxy would share such a port
 * between both, so the app loses it.
 */
async function renderUnshared(services: Service[], render: Draft['render']) {
  const configuration = await render(services)
  const losers = boundTwice(services, configuration.text)
  if (losers.length === 0) return { configuration, services, warnings: [] }
  const kept = services.map((service) => (losers.includes(service) ? { ...service, listener: undefined } : service))
  const warnings = losers.map(
    ({ appId, portIndex, listener }) =>
      `${appId} port ${portIndex} does not get service port ${listener?.port}: the templates bind it`,
  )
  return { configuration: await render(kept), services: kept, warnings }
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
