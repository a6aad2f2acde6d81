import { bindsByPort, bindsIn, overlap } from './haproxy/config-text.js'
import { listenable, requireListeners } from './listeners.js'
import type { Quarantine } from './live/state.js'
import { settleConflicts } from './marathon/conflicts.js'
import { mergeDeployments } from './marathon/deployment-groups.js'
import type { Finding } from './marathon/findings.js'
import { type App, readApps } from './marathon/reply.js'
import { placeServers } from './marathon/servers.js'
import { type Rules, type Service, servicesOf } from './marathon/services.js'
import type { Options } from './options.js'
import { packagedTemplates } from './packaged.js'
import { findingsOf, hashesBy, stillLeftOut, withEntry } from './quarantine.js'
import { type Configuration, configurationOf, type Rendering, routedView } from './render/configuration.js'
import { templatesIn } from './render/template.js'
import { type Sources, TemplateLoader } from './render/template-loader.js'
import type { Frontends, View } from './render/view.js'
import type { Surroundings } from './surroundings.js'

/**
 * A reply made into a configuration, with everything that was left out on the way. `render` gives the configuration of some of the
 * services, `view` what the templates were given; `leaveOut` gives the draft without one of them, so that others get what it wanted.
 * `templates` is what they said.
 */
export interface Draft {
  apps: App[]
  configuration: Configuration
  services: Service[]
  quarantine: Quarantine
  findings: Finding[]
  addresses: Record<string, string>
  templates: Sources
  render: (services: Service[]) => Promise<Configuration>
  view: () => View
  leaveOut: (service: Service, reason: string, now: number) => Promise<Draft>
}

/**
 * From a reply to a configuration: apps, services, addresses, listeners, view, text. Throws what its steps throw, and `port-taken`
 * where a listener that no app asked for cannot be opened.
 */
export async function compose(reply: { apps: unknown[] }, options: Options, around: Surroundings): Promise<Draft> {
  const wanted = frontendsOf(options)
  const { apps, findings: oddApps } = readApps(reply, options.allowEmpty)
  const { services: labelled, findings: ofPorts } = servicesOf(apps, rulesOf(options, wanted, around))
  const { services: placed, findings: unresolved, addresses } = await place(labelled, options, around)
  const merged = mergeDeployments(placed)
  const { rendererOf, viewFor, templates } = renderingFor(options, around)
  const hashes = hashesBy(rendererOf(wanted))

  const build = async (quarantine: Quarantine): Promise<Draft> => {
    const kept = merged.filter(({ backend }) => !Object.hasOwn(quarantine, backend))
    const { services: settled, findings: conflicts } = settleConflicts(kept, reservedPorts(wanted))
    const { services: open, frontends, findings: closed } = await listenable(settled, wanted, around.held)
    const render = rendererOf(frontends)
    const { configuration, services, findings: doubled } = await renderUnshared(open, render)
    await requireListeners(configuration.text, open, around.held)
    const found = [...oddApps, ...ofPorts, ...conflicts, ...unresolved, ...closed, ...doubled]
    const leaveOut: Draft['leaveOut'] = async (service, reason, now) =>
      build(await withEntry(quarantine, merged, service, { reason, now, hashes }))
    return {
      apps,
      configuration,
      services,
      quarantine,
      findings: [...found, ...findingsOf(quarantine)],
      addresses,
      templates,
      render,
      view: () => viewFor(services, frontends),
      leaveOut,
    }
  }
  return build(await stillLeftOut(merged, around.quarantine, hashes))
}

/** Rendering for whatever frontends there are; the templates are read once. */
function renderingFor({ templates, statsSocket, resolve: resolved }: Options, { live }: Surroundings) {
  const read: Sources = new Map()
  const renderText = templatesIn(templates, (folders) => new TemplateLoader(folders, read))
  const shown = templates ?? packagedTemplates
  const place = (frontends: Frontends): Rendering => ({ live, templates, statsSocket, frontends, resolved })
  return {
    templates: read,
    rendererOf:
      (frontends: Frontends): Draft['render'] =>
      (services) =>
        configurationOf(services, place(frontends), shown, renderText),
    viewFor: (services: Service[], frontends: Frontends): View => routedView(services, place(frontends), shown).view,
  }
}

/**
 * Renders, and renders again where an app got a listener that the operator's templates bind as well: HAProxy would share such a port
 * between both, so the app loses it.
 */
async function renderUnshared(services: Service[], render: Draft['render']) {
  const configuration = await render(services)
  const losers = boundTwice(services, configuration.text)
  if (losers.length === 0) return { configuration, services, findings: [] }
  const kept = services.map((service) => (losers.includes(service) ? { ...service, listener: undefined } : service))
  const findings = losers.map(
    ({ appId, portIndex, listener }): Finding => ({
      kind: 'conflict',
      appId,
      portIndex,
      says: `does not get service port ${listener?.port}: the templates bind it`,
    }),
  )
  return { configuration: await render(kept), services: kept, findings }
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

async function place(services: Service[], options: Options, { resolveHosts }: Surroundings) {
  if (!options.resolve) return { services, findings: [], addresses: {} }
  const hosts = new Set(services.flatMap(({ servers }) => servers.map(({ host }) => host)))
  const found = await resolveHosts(hosts)
  const names = [...found].filter(([host, address]) => host !== address).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...placeServers(services, found), addresses: Object.fromEntries(names) }
}
