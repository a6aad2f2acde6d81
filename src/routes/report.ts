import type { Draft } from '../compose.js'
import { knownHealth } from '../marathon/health.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import type { Task } from '../marathon/tasks.js'
import { bindText } from '../render/names.js'

/** What is routed where, and what is left out: the JSON of `routes --json`, and what the table and the page are made of. */
export interface RoutesReport {
  schema: 1
  /** The URL of the Marathon that answered, or the recorded reply. */
  answered: string
  /** In the order of app id and port. */
  services: RoutedService[]
  leftOut: LeftOut[]
}

/** One port of an app that is routed. `listener`: where its service port listens, such as `*:10001`; null where it has none. */
export interface RoutedService {
  app: string
  port: number
  backend: string
  mode: 'http' | 'tcp'
  /** An empty path is the whole host. */
  routes: { host: string; path: string }[]
  listener: string | null
  byAppId: boolean
  servers: RoutedServer[]
}

/** A task that gets traffic; `unchecked`: its app has no health checks. */
export interface RoutedServer {
  task: string
  /** Where Marathon says it is, and where HAProxy sends traffic. */
  host: string
  address: string
  port: number
  health: 'healthy' | 'unhealthy' | 'unknown' | 'unchecked'
  /** It gets no new clients. */
  draining: boolean
}

/** What is not served as Marathon's reply asks: an app, a port or a task; null where `says` names what it is about. */
export interface LeftOut {
  app: string | null
  port: number | null
  task: string | null
  kind: string
  says: string
}

/** What a draft routes and leaves out. `byAppId`: requests are routed by the header X-Marathon-App-Id, too. */
export function reportOf(
  answered: string,
  { apps, services, findings }: Pick<Draft, 'apps' | 'services' | 'findings'>,
  byAppId: boolean,
): RoutesReport {
  const healthByTask = new Map(apps.flatMap((app) => app.tasks.map((task) => [task.id, healthOf(app, task)] as const)))
  const byId = byAppId ? firstHttpServices(services) : undefined
  const leftOut = findings.map(
    ({ appId = null, portIndex = null, taskId = null, kind, says }): LeftOut => ({
      app: appId,
      port: portIndex,
      task: taskId,
      kind,
      says,
    }),
  )
  return {
    schema: 1,
    answered,
    services: services.map((service) => ({
      app: service.appId,
      port: service.portIndex,
      backend: service.backend,
      mode: service.mode,
      routes: service.routes.map(({ host, path }) => ({ host, path })).sort(inOrder(({ host, path }) => [host, path])),
      listener: service.listener ? bindText(service.listener) : null,
      byAppId: byId?.has(service) === true,
      servers: service.servers.map(({ taskId, host, address, port, draining }) => {
        const health = healthByTask.get(taskId) ?? 'unknown'
        return { task: taskId, host, address, port, health, draining }
      }),
    })),
    leftOut: leftOut.sort(inOrder(({ app, port, task }) => [app ?? lastApp, port ?? -1, task ?? ''])),
  }
}

/** Comes after every app id. */
const lastApp = '~'

/** By app id, in small letters, the first http service of each app is reached. */
function firstHttpServices(services: Service[]): Set<Service> {
  const http = services.filter(({ mode }) => mode === 'http')
  return new Set(new Map(http.toReversed().map((service) => [service.appId.toLowerCase(), service])).values())
}

function healthOf({ healthChecks }: App, task: Task): RoutedServer['health'] {
  if (healthChecks.length === 0) return 'unchecked'
  return ({ good: 'healthy', bad: 'unhealthy', unknown: 'unknown' } as const)[knownHealth(task)]
}

/** Compares things by their keys, the first first. */
function inOrder<T>(keysOf: (thing: T) => (string | number)[]): (a: T, b: T) => number {
  return (a, b) => {
    const others = keysOf(b)
    for (const [at, key] of keysOf(a).entries()) {
      const other = others[at] ?? key
      if (key !== other) return key < other ? -1 : 1
    }
    return 0
  }
}
