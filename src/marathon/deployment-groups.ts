import { isDeepStrictEqual } from 'node:util'
import { count, type ParseLabel } from './label-values.js'
import { type Demands, readerOf } from './labels.js'
import type { App } from './reply.js'
import type { Service } from './services.js'

/**
 * The part of an app in a blue/green deployment: its group, when it was started (ms since 1970), and how many servers the group is to
 * have.
 */
export interface Deployment {
  group: string
  startedAt: number
  target: number | undefined
}

/**
 * What the labels HAPROXY_DEPLOYMENT_… say of an app (marathon-lb §3); undefined where it is in no group. A group holds apps of one
 * folder of Marathon only, since who may deploy elsewhere must not get a share of the traffic by naming a group. Throws a LabelError.
 */
export function deploymentOf(app: App): Deployment | undefined {
  const name = app.labels['HAPROXY_DEPLOYMENT_GROUP']?.trim()
  if (!name) return undefined
  const read = readerOf(app.labels, 'HAPROXY_DEPLOYMENT_')
  return {
    group: `${app.id.slice(0, app.id.lastIndexOf('/'))} ${name}`,
    startedAt: read('STARTED_AT', time, 'a time as 2016-02-01T14:13:42') ?? 0,
    target: read('TARGET_INSTANCES', count, 'a number of instances'),
  }
}

/** A time without a zone is taken as UTC: the zone of this host must not matter. */
const time: ParseLabel<number> = (value) => {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?$/.exec(value)
  const parsed = match ? Date.parse(`${match[1]}${match[2] ?? 'Z'}`) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

/**
 * The services with those of one deployment group and port merged into that of the oldest app, which keeps its port and demands, with
 * the hosts of all. For each task of the newest app that is fit, one of the older apps is drained, but never below the target. An app
 * that keeps out whom the oldest lets in stays apart, and so does one with hosts where the oldest is in mode tcp. The order stays.
 */
export function mergeDeployments(services: Service[]): Service[] {
  const groups = new Map<string, Service[]>()
  for (const service of services) {
    if (!service.deployment) continue
    const key = `${service.deployment.group} ${service.portIndex}`
    groups.set(key, [...(groups.get(key) ?? []), service])
  }
  const merged = new Map<Service, Service | undefined>()
  for (const members of groups.values()) {
    const [oldest, ...others] = members.sort(byAge)
    const newer = others.filter((other) => oldest && fits(oldest, other))
    if (!oldest || newer.length === 0) continue
    merged.set(oldest, merge(oldest, newer))
    for (const service of newer) merged.set(service, undefined)
  }
  return services.flatMap((service) => (merged.has(service) ? (merged.get(service) ?? []) : [service]))
}

const byAge = (a: Service, b: Service): number =>
  (a.deployment?.startedAt ?? 0) - (b.deployment?.startedAt ?? 0) || (a.appId < b.appId ? -1 : 1)

function merge(oldest: Service, newer: Service[]): Service {
  const newest = newer.at(-1) ?? oldest
  const older = [oldest, ...newer.slice(0, -1)].flatMap(({ servers }) => servers.toSorted(byTask))
  const fit = newest.servers.filter(({ isFit }) => isFit).length
  const target = newest.deployment?.target ?? older.length
  const drained = Math.min(fit, older.length + fit - target)
  const all = [...older.map((server, at) => ({ ...server, draining: at < drained })), ...newest.servers]
  const servers = new Map(all.map((server) => [server.name, server]))
  return {
    ...oldest,
    routes: [oldest, ...newer].flatMap(({ routes }) => routes),
    servers: [...servers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** In mode tcp there is nothing that could lead a host anywhere. */
const fits = (oldest: Service, other: Service): boolean =>
  isAsOpen(oldest, other) && (oldest.mode === 'http' || other.routes.length === 0)

/** The tasks of an app that keeps somebody out must not be reached by way of one that lets them in. */
const isAsOpen = ({ demands: older }: Service, { demands: newer }: Service): boolean =>
  isDeepStrictEqual([newer.auth ?? older.auth, networksOf(newer, older)], [older.auth, older.allowedNetworks])

const networksOf = (newer: Demands, older: Demands): string[] =>
  newer.allowedNetworks.length > 0 ? newer.allowedNetworks : older.allowedNetworks

/** The order in which tasks are drained, as marathon-lb's zdd.py expects it. */
const byTask = (a: { taskId: string }, b: { taskId: string }): number => (a.taskId < b.taskId ? -1 : 1)
