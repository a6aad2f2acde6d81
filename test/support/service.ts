import type { Demands } from '../../src/marathon/labels.js'
import type { Server } from '../../src/marathon/servers.js'
import type { Route, Service } from '../../src/marathon/services.js'

/** What a service demands whose labels say nothing. */
export const noDemands: Demands = {
  balance: undefined,
  sticky: false,
  allowedNetworks: [],
  auth: undefined,
  redirectToHttps: false,
  hsts: false,
  proxyPassPath: undefined,
  reverseProxyPath: undefined,
  redirect: undefined,
}

/** The service of an app's first port, in mode http, with nothing else unless it is given. */
export const service = (appId: string, spec: Partial<Service> = {}): Service => ({
  backend: `${appId.slice(1).replaceAll('/', '_')}_${spec.portIndex ?? 0}`,
  appId,
  portIndex: 0,
  listener: undefined,
  mode: 'http',
  routes: [],
  demands: noDemands,
  deployment: undefined,
  check: undefined,
  servers: [],
  ...spec,
})

/** A server at this address and port. */
export const server = (address: string, port: number, spec: Partial<Server> = {}): Server => ({
  name: `${address}_${port}`,
  taskId: `task-${port}`,
  host: address,
  address,
  port,
  checkPort: undefined,
  isFit: true,
  draining: false,
  ...spec,
})

/** Routes of one weight, written as a host and the path below it. */
export const routes = (weight: number, ...places: string[]): Route[] =>
  places.map((place) => {
    const [host = '', ...path] = place.split(/(?=\/)/)
    return { host, path: path.join(''), weight }
  })
