import { serverName } from '../render/names.js'
import type { Finding } from './findings.js'
import { isFit, type Refusal } from './health.js'
import { type AppPort, type Endpoint, endpointOf } from './ports.js'
import type { App } from './reply.js'
import type { Service } from './services.js'
import type { Task } from './tasks.js'

/**
 * A server of a service: its name, the task's host as Marathon gives it, where HAProxy sends traffic, the port, and that of its check
 * where it is another. `isFit`: its task may take over from others; `draining`: it gets no new clients.
 */
export interface Server {
  name: string
  taskId: string
  host: string
  address: string
  port: number
  checkPort: number | undefined
  isFit: boolean
  draining: boolean
}

/**
 * The servers of an app's port in the order of their names, still known by host. A task that has no such port, no host, or no address
 * yet is left out for this port only, and so is one that `refuse` has a reason for; `leaveOut` is told of each. `checkPort`: the port
 * of the app that is checked in place of this one.
 */
export function serversOf(
  app: App,
  port: AppPort,
  checkPort: AppPort | undefined,
  refuse: (task: Task, name: string) => Refusal | undefined,
  leaveOut: (taskId: string, refusal: Refusal) => void,
): Server[] {
  const servers = new Map<string, Server>()
  for (const task of app.tasks) {
    const endpoint = endpointOf(task, port)
    const name = endpoint ? serverName(endpoint.host, endpoint.port) : ''
    const refusal = refuse(task, name) ?? (endpoint ? undefined : noEndpoint)
    if (refusal) leaveOut(task.id, refusal)
    if (refusal || !endpoint) continue
    const twin = servers.get(name)
    if (twin) leaveOut(twin.taskId < task.id ? task.id : twin.taskId, sameEndpoint)
    if (twin && twin.taskId < task.id) continue
    servers.set(name, {
      name,
      taskId: task.id,
      host: endpoint.host,
      address: endpoint.host,
      port: endpoint.port,
      checkPort: checkPort && checkPortAt(endpoint, task, checkPort),
      isFit: isFit(app, task),
      draining: false,
    })
  }
  return [...servers.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const noEndpoint: Refusal = {
  kind: 'no-endpoint',
  says: 'is left out: it has no such port, or no host or address (host, ports, ipAddresses)',
}

const sameEndpoint: Refusal = { kind: 'same-endpoint', says: 'is left out: another task is at the same host and port' }

/** The other port is checked only where the task has it, at the same host. */
function checkPortAt({ host, port }: Endpoint, task: Task, checkPort: AppPort): number | undefined {
  const checked = endpointOf(task, checkPort)
  return checked?.host === host && checked.port !== port ? checked.port : undefined
}

/**
 * The services with each server's host replaced by its address. A host without one leaves its servers out: a finding for the host, and
 * one for each task.
 */
export function placeServers<T extends Pick<Service, 'appId' | 'portIndex' | 'servers'>>(
  services: T[],
  addresses: ReadonlyMap<string, string>,
): { services: T[]; findings: Finding[] } {
  const missing = new Set<string>()
  const tasks: Finding[] = []
  const placed = services.map((service) => ({
    ...service,
    servers: service.servers.flatMap((server) => {
      const address = addresses.get(server.host)
      if (address !== undefined) return [{ ...server, address }]
      missing.add(server.host)
      const { appId, portIndex } = service
      tasks.push({
        kind: 'no-address',
        appId,
        portIndex,
        taskId: server.taskId,
        says: `is left out: ${noAddress(server.host)}`,
      })
      return []
    }),
  }))
  const agents = [...missing]
    .sort()
    .map((host): Finding => ({ kind: 'unknown-agent', says: `${noAddress(host)}: its tasks are left out` }))
  return { services: placed, findings: [...agents, ...tasks] }
}

const noAddress = (host: string): string => `agent ${host} has no address in /etc/hosts or DNS`
