import type { Check } from '../marathon/checks.js'
import type { Service } from '../marathon/services.js'
import { bindText, endpointText, frontendName } from './names.js'

/** Where the tool's own frontends listen and what they need; undefined ports are off. */
export interface Frontends {
  address: string
  http: number | undefined
  https: number | undefined
  stats: number | undefined
  certificates: string[]
}

/** What templates are given: nested, sorted, ready-named. Every text of Marathon in it is typed, but `check.path`, which must be quoted. */
export interface View {
  liveFile: string
  templates: string
  statsSocket: string | undefined
  frontends: Frontends & { bind: { http: string; https: string; stats: string } }
  hostsMap: string | undefined
  servicePorts: { frontend: string; bind: string; mode: Service['mode']; backend: string }[]
  backends: {
    name: string
    mode: Service['mode']
    check: Check | undefined
    serverOptions: string
    servers: { name: string; endpoint: string }[]
  }[]
}

/** The hosts map: a line `host backend` for each host of an http service, sorted; undefined where no service has a host. */
export function hostLines(services: Service[]): string | undefined {
  const lines = services.flatMap((service) => service.vhosts.map((host) => `${host} ${service.backend}\n`))
  return lines.length > 0 ? lines.sort().join('') : undefined
}

/** The view of these services; `hostsMap` is the map's path where there is one. `resolved`: servers stand there by address. */
export function viewOf(
  services: Service[],
  frontends: Frontends,
  paths: { liveFile: string; templates: string; statsSocket: string | undefined; hostsMap: string | undefined },
  resolved: boolean,
): View {
  const bind = (port: number | undefined, address: string): string => (port ? bindText({ address, port }) : '')
  return {
    ...paths,
    frontends: {
      ...frontends,
      bind: {
        http: bind(frontends.http, frontends.address),
        https: bind(frontends.https, frontends.address),
        stats: bind(frontends.stats, '127.0.0.1'),
      },
    },
    servicePorts: services
      .flatMap(({ servicePort, mode, backend }) => (servicePort ? [{ servicePort, mode, backend }] : []))
      .sort((a, b) => a.servicePort - b.servicePort)
      .map(({ servicePort, mode, backend }) => ({
        frontend: frontendName(servicePort),
        bind: bindText({ address: frontends.address, port: servicePort }),
        mode,
        backend,
      })),
    backends: services.map(({ backend, mode, check, servers }) => ({
      name: backend,
      mode,
      check,
      serverOptions: serverOptions(check, resolved),
      servers: servers.map(({ name, address, port }) => ({ name, endpoint: endpointText(address, port) })),
    })),
  }
}

/** One dead name must not keep HAProxy from starting, so an unresolved name may stay without an address. */
function serverOptions(check: Check | undefined, resolved: boolean): string {
  const tls = check?.kind === 'https' ? ' check-ssl verify none' : ''
  const checked = check ? ` check${tls} inter ${check.interval}s fall ${check.fall}` : ''
  return checked + (resolved ? '' : ' init-addr last,libc,none')
}
