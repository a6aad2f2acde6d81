import type { Check } from '../marathon/checks.js'
import type { Demands } from '../marathon/labels.js'
import type { Server } from '../marathon/servers.js'
import type { Listener, Service } from '../marathon/services.js'
import { bindText, cookieValue, endpointText, frontendName, userlistName } from './names.js'

/** Where the tool's own frontends listen and what they need; undefined ports are off. */
export interface Frontends {
  address: string
  http: number | undefined
  https: number | undefined
  stats: number | undefined
  appId: number | undefined
  certificates: string[]
}

/** The paths that a view names, and how routes are looked up: the maps' paths where there are any. */
interface Places {
  liveFile: string
  templates: string
  statsSocket: string | undefined
  hostsMap: string | undefined
  pathsMap: string | undefined
  appsMap: string | undefined
  /** How many bytes of a request's path the map of paths needs. */
  pathBytes: number
}

/** A frontend of a service port. `bindOptions` are words that follow the bind; `secure`: its clients come with TLS. */
interface ServicePortView {
  frontend: string
  bind: string
  bindOptions: string[]
  secure: boolean
  mode: Service['mode']
  backend: string
}

/** A backend, with what its service demands; networks and hosts come in lists that fit into a line. */
interface BackendView extends Omit<Demands, 'allowedNetworks'> {
  name: string
  mode: Service['mode']
  userlist: string
  allowedNetworks: string[][]
  hosts: string[][]
  check: Check | undefined
  serverOptions: string
  servers: { name: string; endpoint: string; options: string }[]
}

/**
 * What templates are given: nested, sorted, ready-named. Every text of Marathon in it is typed; which must be quoted all the same is
 * said in the README.
 */
export interface View extends Places {
  frontends: Frontends & { bind: { http: string; https: string; stats: string; appId: string } }
  servicePorts: ServicePortView[]
  backends: BackendView[]
}

/** The view of these services. `resolved`: servers stand there by address. */
export function viewOf(services: Service[], frontends: Frontends, places: Places, resolved: boolean): View {
  const bind = (port: number | undefined, address: string): string => (port ? bindText({ address, port }) : '')
  return {
    ...places,
    frontends: {
      ...frontends,
      bind: {
        http: bind(frontends.http, frontends.address),
        https: bind(frontends.https, frontends.address),
        stats: bind(frontends.stats, '127.0.0.1'),
        appId: bind(frontends.appId, frontends.address),
      },
    },
    servicePorts: services
      .flatMap(({ listener, mode, backend }) => (listener ? [{ listener, mode, backend }] : []))
      .sort((a, b) => a.listener.port - b.listener.port)
      .map(({ listener, mode, backend }) => ({ ...listenerView(listener, frontends.address), mode, backend })),
    backends: services.map((service) => backendView(service, resolved)),
  }
}

function listenerView(
  listener: Listener,
  usualAddress: string,
): Pick<ServicePortView, 'frontend' | 'bind' | 'bindOptions' | 'secure'> {
  const { certificate, options } = listener
  const bindOptions = certificate === undefined ? options : ['ssl', 'crt', certificate, ...options]
  return {
    frontend: frontendName(listener, usualAddress),
    bind: bindText(listener),
    bindOptions,
    secure: bindOptions.includes('ssl'),
  }
}

function backendView({ backend, mode, demands, routes, check, servers }: Service, resolved: boolean): BackendView {
  return {
    ...demands,
    name: backend,
    mode,
    userlist: userlistName(backend),
    allowedNetworks: linesOf(demands.allowedNetworks),
    hosts: demands.reverseProxyPath === undefined ? [] : linesOf([...new Set(routes.map(({ host }) => host))]),
    check,
    serverOptions: serverOptions(check, resolved),
    servers: servers.map((server) => ({
      name: server.name,
      endpoint: endpointText(server.address, server.port),
      options: ownOptions(server, check, demands.sticky && mode === 'http'),
    })),
  }
}

/** HAProxy takes 64 words in a line. */
const wordsInLine = 50

const linesOf = (words: string[]): string[][] =>
  Array.from({ length: Math.ceil(words.length / wordsInLine) }, (_, line) =>
    words.slice(line * wordsInLine, (line + 1) * wordsInLine),
  )

/** One dead name must not keep HAProxy from starting, so an unresolved name may stay without an address. */
function serverOptions(check: Check | undefined, resolved: boolean): string {
  const tls = check?.kind === 'https' ? ' check-ssl verify none' : ''
  const checked = check ? ` check${tls} inter ${check.interval}s fall ${check.fall}` : ''
  return checked + (resolved ? '' : ' init-addr last,libc,none')
}

/** With weight 0 a server keeps the clients that its cookie pins, and gets no others. */
function ownOptions({ name, checkPort, draining }: Server, check: Check | undefined, sticky: boolean): string {
  const port = check && checkPort !== undefined ? ` port ${checkPort}` : ''
  const cookie = sticky ? ` cookie ${cookieValue(name)}` : ''
  return port + cookie + (draining ? ' weight 0' : '')
}
