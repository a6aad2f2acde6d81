import { isIPv6 } from 'node:net'
import type { App } from './reply.js'
import type { Task } from './tasks.js'

/** Where a task of a service port is reached: at its agent, by the n-th port it was given, or at its own address. */
type Target =
  | { at: 'agent'; slot: number; containerPort: number | undefined }
  | { at: 'container'; containerPort: number }

/** The n-th port of an app. `servicePort` is undefined where Marathon assigned none; `tcp` is false for pure UDP. */
export interface AppPort {
  index: number
  servicePort: number | undefined
  tcp: boolean
  target: Target
}

/** Where traffic for one task goes: host (name, IPv4, or IPv6 without brackets) and port. */
export interface Endpoint {
  host: string
  port: number
}

/** The ports of an app in the order that labels count them (marathon-api §3). */
export function portsOf(app: App): AppPort[] {
  if (app.network !== 'host' && app.mappings.length > 0) return mappedPorts(app)
  if (app.network === 'container' && app.discovery.length > 0) return discoveredPorts(app)
  return app.definitions.map(({ port, protocol }, index) => ({
    index,
    servicePort: port,
    tcp: isTcp(protocol),
    target: { at: 'agent', slot: index, containerPort: undefined },
  }))
}

/** Where a task serves this port, or undefined: no such port, no host, no address yet (marathon-api §4). */
export function endpointOf(task: Task, { target }: AppPort): Endpoint | undefined {
  const atAgent = target.at === 'agent' ? { host: task.host, port: task.ports[target.slot] } : {}
  // A USER network up to 1.4 may have a hostPort in the mapping and none in the task: the container's address is left.
  return usable(atAgent) ?? usable({ host: task.addresses[0], port: target.containerPort })
}

/** A task has one port for each mapping *with* a hostPort, not for each mapping. */
function mappedPorts(app: App): AppPort[] {
  let slot = 0
  return app.mappings.map(({ containerPort, hostPort, servicePort, protocol }, index) => {
    const atAgent = app.network === 'bridge' || hostPort !== undefined
    const target: Target = atAgent
      ? { at: 'agent', slot: slot++, containerPort: app.network === 'container' ? containerPort : undefined }
      : { at: 'container', containerPort }
    return { index, servicePort: servicePort ?? app.definitions[index]?.port, tcp: isTcp(protocol), target }
  })
}

const discoveredPorts = (app: App): AppPort[] =>
  app.discovery.map(({ port, protocol }, index) => ({
    index,
    servicePort: app.definitions[index]?.port,
    tcp: isTcp(protocol),
    target: { at: 'container', containerPort: port },
  }))

const isTcp = (protocol: string): boolean => protocol.split(',').includes('tcp')

function usable({ host, port }: { host?: string | undefined; port?: number | undefined }): Endpoint | undefined {
  return host && port && port <= 65535 && isHost(host) ? { host, port } : undefined
}

/** An IPv6 zone means something on one host only, and an empty label nothing. IPv4 is written as a name is. */
const isHost = (host: string): boolean =>
  host.includes(':')
    ? isIPv6(host) && !host.includes('%')
    : host.length <= 253 && /^\w([\w-]*\w)?(\.\w([\w-]*\w)?)*\.?$/.test(host)
