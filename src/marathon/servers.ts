import { serverName } from '../render/names.js'
import { isFit } from './health.js'
import { type AppPort, type Endpoint, endpointOf } from './ports.js'
import type { App } from './reply.js'
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
 * yet is left out for this port only. `checkPort`: the port of the app that is checked in place of this one.
 */
export function serversOf(
  app: App,
  port: AppPort,
  checkPort: AppPort | undefined,
  admit: (task: Task, name: string) => boolean,
): Server[] {
  const servers = new Map<string, Server>()
  for (const task of app.tasks) {
    const endpoint = endpointOf(task, port)
    if (!endpoint) continue
    const name = serverName(endpoint.host, endpoint.port)
    const twin = servers.get(name)
    if ((twin && twin.taskId < task.id) || !admit(task, name)) continue
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

/** The other port is checked only where the task has it, at the same host. */
function checkPortAt({ host, port }: Endpoint, task: Task, checkPort: AppPort): number | undefined {
  const checked = endpointOf(task, checkPort)
  return checked?.host === host && checked.port !== port ? checked.port : undefined
}

/**
 * The services with each server's host replaced by its address. A host without one leaves its servers out, with one warning a host.
 */
export function placeServers<T extends { servers: Server[] }>(
  services: T[],
  addresses: ReadonlyMap<string, string>,
): { services: T[]; warnings: string[] } {
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
