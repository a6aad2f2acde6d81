import { bindsByPort, overlap } from '../haproxy/config-text.js'
import type { Finding } from './findings.js'
import type { Listener, Route, Service } from './services.js'

/**
 * The services with every listener, and every path of every host, given to one of them only. Ports in `reserved` (those of the
 * tool's own frontends, by name) are given to none. A listener goes to the first by app id and port index, a route to the heaviest
 * and then to that first; a route below a heavier one of its host can never match. Each is decided by those who want it alone, so
 * no other app that comes or goes changes the winner. Who loses one thing keeps the rest; what is lost to one other is one finding.
 * Takes the services in the order of app id and port index.
 */
export function settleConflicts(
  services: Service[],
  reserved: ReadonlyMap<number, string>,
): { services: Service[]; findings: Finding[] } {
  const findings: Finding[] = []
  const ownerOfListener = listenerOwners(services, reserved)
  const ownerOfRoute = routeOwners(services)
  const settled = services.map((service) => {
    const lost = new Map<string, string[]>()
    const lose = (what: string, owner: string): void => {
      const others = lost.get(owner)
      if (others) others.push(what)
      else lost.set(owner, [what])
    }
    const listener = settleListener(service, ownerOfListener, lose)
    const routes = settleRoutes(service, ownerOfRoute, lose)
    const { appId, portIndex } = service
    for (const [owner, what] of lost)
      findings.push({ kind: 'conflict', appId, portIndex, says: `does not get ${firstOf(what)}: ${owner}` })
    return { ...service, listener, routes }
  })
  return { services: settled, findings }
}

const mostNamed = 3

/** A few things by name, and how many more there are. */
const firstOf = (things: string[]): string => {
  const named = things.slice(0, mostNamed).join(', ')
  return things.length > mostNamed ? `${named} and ${things.length - mostNamed} more` : named
}

type Lose = (what: string, owner: string) => void

const nameOf = ({ appId, portIndex }: Service): string => `${appId} port ${portIndex}`

function settleListener(
  service: Service,
  ownerOf: (service: Service, listener: Listener) => string | undefined,
  lose: Lose,
): Listener | undefined {
  const { listener } = service
  const owner = listener && ownerOf(service, listener)
  if (owner === undefined) return listener
  lose(`service port ${listener?.port}`, owner)
  return undefined
}

/** Who has a listener that this one would share its port with; undefined: nobody. */
function listenerOwners(
  services: Service[],
  reserved: ReadonlyMap<number, string>,
): (service: Service, listener: Listener) => string | undefined {
  const claims = services.flatMap((service) => (service.listener ? [{ ...service.listener, service }] : []))
  const byPort = bindsByPort(claims)
  const firstOn = (listener: Listener): Service | undefined =>
    byPort.get(listener.port)?.find((claim) => overlap(claim, listener))?.service
  return (service, listener) => {
    const frontend = reserved.get(listener.port)
    if (frontend) return `the ${frontend} frontend has it`
    const first = firstOn(listener)
    if (!first || first === service) return undefined
    // One that lost its own to a third still goes first: whether the third is there must not matter.
    const isHeld = first.listener && firstOn(first.listener) === first
    return `${nameOf(first)} ${isHeld ? 'has it' : 'comes first'}`
  }
}

function settleRoutes(
  service: Service,
  ownerOf: (route: Route) => { route: Route; service: Service } | undefined,
  lose: Lose,
): Route[] {
  return service.routes.filter((route) => {
    const owner = ownerOf(route)
    if (!owner || owner.route === route) return true
    if (owner.service !== service) lose(placeOf(route), ownerName(owner, route))
    return false
  })
}

const placeOf = ({ host, path }: Route): string => (path === '' ? `host ${host}` : `host ${host} path ${path}`)

/** A path is lost to who has it, or to who has more of its host with more weight. */
const ownerName = (owner: { route: Route; service: Service }, lost: Route): string =>
  owner.route.path === lost.path
    ? `${nameOf(owner.service)} has it`
    : `${nameOf(owner.service)}, by its larger weight for ${owner.route.path === '' ? 'the whole host' : owner.route.path}, has it`

/**
 * Who has a route: the heaviest of those with its path, or with a path above it that is heavier still. Without those that this leaves
 * nothing to, the longest path that matches a request is the heaviest too, which is what a map of HAProxy finds.
 */
function routeOwners(services: Service[]): (route: Route) => { route: Route; service: Service } | undefined {
  const best = new Map<string, { route: Route; service: Service }>()
  for (const service of services) {
    for (const route of service.routes) {
      const key = route.host + route.path
      const owner = best.get(key)
      if (!owner || route.weight > owner.route.weight) best.set(key, { route, service })
    }
  }
  return ({ host, path }) => {
    let owner = best.get(host + path)
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const above = best.get(host + path.slice(0, end))
      if (above && above.route.weight > (owner?.route.weight ?? Number.NEGATIVE_INFINITY)) owner = above
      if (end === 0) break
    }
    return owner
  }
}
