import { bindsByPort, bindsIn, overlap, serversIn } from '../haproxy/config-text.js'
import type { Service } from '../marathon/services.js'
import type { Configuration } from '../render/configuration.js'
import { bindText, endpointText } from '../render/names.js'
import { routeLine } from '../render/routing.js'

/** The service that HAProxy leads a request to, by host and path: the longest path of that host by whole segments, else the whole host. */
export function serviceOfHost(services: Service[], request: string): Service | undefined {
  const [, host = '', path = ''] = /^([^/:]*)(?::\d+)?([^?#]*)/.exec(request) ?? []
  const found = services.flatMap((service) =>
    service.routes
      .filter((route) => route.host === host.toLowerCase() && isBelow(path, route.path))
      .map((route) => ({ service, length: route.path.length })),
  )
  return found.sort((a, b) => b.length - a.length)[0]?.service
}

const isBelow = (path: string, above: string): boolean => above === '' || `${path}/`.startsWith(`${above}/`)

/** The services that listen on a port, or at `address:port`. */
export const servicesOfPort = (services: Service[], place: string): Service[] =>
  services.filter(({ listener }) => listener && [String(listener.port), bindText(listener)].includes(place))

/** The servers of a service as `host:port`, the host as Marathon names it. */
export const serversOf = ({ servers }: Service): string[] =>
  servers.map(({ host, port }) => endpointText(host, port)).sort()

/**
 * The services as templates have rendered them: with the routes that stand in maps which the text names, the listeners that it binds, and
 * the servers that it lists in their backends.
 */
export function asRendered(services: Service[], { text, maps }: Pick<Configuration, 'text' | 'maps'>): Service[] {
  const routed = new Set(maps.flatMap((map) => map.text.split('\n')))
  const binds = bindsByPort(bindsIn(text))
  const listed = new Set(serversIn(text).map(({ section, line }) => `${section} ${line.split(/\s+/)[2]}`))
  return services.map(({ backend, routes, listener, servers, ...service }) => ({
    ...service,
    backend,
    routes: routes.filter((route) => routed.has(routeLine(route, backend))),
    listener: listener && binds.get(listener.port)?.some((bind) => overlap(bind, listener)) ? listener : undefined,
    servers: servers.filter(({ address, port }) => listed.has(`${backend} ${endpointText(address, port)}`)),
  }))
}
