import { backendName, serverName } from '../render/names.js'
import { type Check, checkFor } from './checks.js'
import { admission, type HealthPolicy } from './health.js'
import { LabelError, type PortLabels, readLabels } from './labels.js'
import { type AppPort, endpointOf, portsOf } from './ports.js'
import type { App, Task } from './reply.js'

/** A server of a service: its name, the task's host as Marathon gives it, where HAProxy sends traffic, and the port. */
interface Server {
  name: string
  host: string
  address: string
  port: number
}

/** One port of one app, ready to be routed. `servicePort` is undefined where it gets no listener of its own. */
export interface Service {
  backend: string
  appId: string
  portIndex: number
  servicePort: number | undefined
  mode: 'http' | 'tcp'
  vhosts: string[]
  check: Check | undefined
  servers: Server[]
}

/** What the operator wants routed, and which servers (`backend/server`) the live file has. */
export interface Rules {
  groups: string[]
  requireEnabled: boolean
  health: HealthPolicy
  unreachable: boolean
  isLive: (backend: string, server: string) => boolean
}

/**
 * The services of these apps, in the order of app id and port, each with its servers in the order of their names; servers are still
 * known by host. One warning names each service that is left out because of its labels.
 */
export function servicesOf(apps: App[], rules: Rules): { services: Service[]; warnings: string[] } {
  const services: Service[] = []
  const warnings: string[] = []
  for (const app of apps) {
    const admitted = admission(app, rules.health, rules.unreachable)
    for (const port of portsOf(app)) {
      try {
        const labels = readLabels(app.labels, port.index)
        if (port.tcp && isWanted(labels, rules)) services.push(serviceOf(app, port, labels, admitted, rules))
      } catch (error) {
        if (!(error instanceof LabelError)) throw error
        warnings.push(`${app.id} port ${port.index} is left out: ${error.message}`)
      }
    }
  }
  return { services, warnings }
}

/** `*` means all services, those without a group too. */
function isWanted(labels: PortLabels, rules: Rules): boolean {
  const enabled = labels.enabled ?? !rules.requireEnabled
  return enabled && (rules.groups.includes('*') || labels.groups.some((group) => rules.groups.includes(group)))
}

function serviceOf(
  app: App,
  port: AppPort,
  labels: PortLabels,
  admitted: ReturnType<typeof admission>,
  rules: Rules,
): Service {
  const backend = backendName(app.id, port.index)
  const check = checkFor(app, port)
  const mode = labels.mode ?? (labels.vhosts.length > 0 || check?.kind === 'http' ? 'http' : 'tcp')
  return {
    backend,
    appId: app.id,
    portIndex: port.index,
    servicePort: labels.port ?? port.servicePort,
    mode,
    // A host can only be routed in mode http; an explicit MODE=tcp is the stronger word.
    vhosts: mode === 'http' ? labels.vhosts : [],
    check,
    servers: serversOf(app.tasks, port, (task, name) => admitted(task, () => rules.isLive(backend, name))),
  }
}

/** A task that has no such port, no host, or no address yet is left out for this port only. */
function serversOf(tasks: Task[], port: AppPort, admit: (task: Task, name: string) => boolean): Server[] {
  const servers = new Map<string, Server>()
  for (const task of tasks) {
    const endpoint = endpointOf(task, port)
    if (!endpoint) continue
    const name = serverName(endpoint.host, endpoint.port)
    if (admit(task, name)) servers.set(name, { name, host: endpoint.host, address: endpoint.host, port: endpoint.port })
  }
  return [...servers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * The services with each server's host replaced by its address. A host without one leaves its servers out, with one warning a host.
 */
export function placeServers(
  services: Service[],
  addresses: ReadonlyMap<string, string>,
): { services: Service[]; warnings: string[] } {
  const missing = new Set<string>()
  const placed = services.map((service) => ({
    ...service,
    servers: service.servers.flatMap((server) => {
      const address = addresses.get(server.host)
      if (address === undefined) missing.add(server.host)
      return address === undefined ? [] : [{ ...server, address }]
    }),
  }))
  const warnings = [...missing]
    .sort()
    .map((host) => `agent ${host} has no address in /etc/hosts or DNS: its tasks are left out`)
  return { services: placed, warnings }
}
