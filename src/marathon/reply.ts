import { UpdaterError } from '../errors.js'
import type { Finding } from './findings.js'
import { integer, isRecord, type Json, list, portNumber, record, shown, text, texts } from './json.js'
import { readTasks, type Task } from './tasks.js'

/** How an app's containers are reached: `host` and `bridge` by the agent's address, `container` by their own. */
type NetworkMode = 'host' | 'bridge' | 'container'

/** A port mapping of a container; `hostPort` is undefined where there is none, 0 where Marathon picks it. */
interface PortMapping {
  containerPort: number
  hostPort: number | undefined
  servicePort: number | undefined
  protocol: string
}

/** A health check as Marathon gives it, times in seconds. */
export interface HealthCheck {
  protocol: string
  path: string | undefined
  portIndex: number | undefined
  port: number | undefined
  intervalSeconds: number
  timeoutSeconds: number
  maxConsecutiveFailures: number
}

/**
 * The fields of a reply that the network mode (undefined: none says it), the mappings and the port of each definition come from, which
 * differ between the generations of Marathon.
 */
interface Fields {
  network: string | undefined
  mappings: string
  ports: string[]
}

/** An app of any Marathon generation, in one shape. `definitions` are portDefinitions, or the older `ports`. */
export interface App {
  id: string
  version: string
  labels: Record<string, string>
  network: NetworkMode
  mappings: PortMapping[]
  definitions: { port: number | undefined; protocol: string }[]
  discovery: { port: number; protocol: string }[]
  healthChecks: HealthCheck[]
  tasks: Task[]
  fields: Fields
}

/**
 * The apps of a reply, sorted by id; whatever is odd in one is read as absent (null, absent and [] are the same). An entry that is
 * no app is a finding. Throws `bad-reply` when the reply embeds no tasks although some run, unless `allowEmpty`.
 */
export function readApps(reply: { apps: unknown[] }, allowEmpty: boolean): { apps: App[]; findings: Finding[] } {
  const raw = reply.apps.map(record)
  const embedded = raw.some((app) => Array.isArray(app['tasks']))
  if (!embedded && !allowEmpty && raw.some((app) => (integer(app['tasksRunning']) ?? 0) > 0)) {
    throw new UpdaterError(
      'bad-reply',
      'the reply holds no tasks although some are running, as if embed=apps.tasks had been ignored; the live file stays as it is',
    )
  }
  const apps = new Map<string, App>()
  const odd: string[] = []
  for (const app of raw) {
    const id = rooted(app['id'])
    if (typeof id === 'string' && isAppId(id)) apps.set(id, newest(readApp(id, app), apps.get(id)))
    else odd.push(`an app with the impossible id ${shown(id)} is left out`)
  }
  const findings = odd.sort().map((says): Finding => ({ kind: 'impossible-id', says }))
  return { apps: [...apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), findings }
}

/** Of two entries with one id, which no Marathon should give, the order of arrival must not decide. */
function newest(app: App, other: App | undefined): App {
  return other && orderOf(other) > orderOf(app) ? other : app
}

const orderOf = (app: App): string => `${app.version} ${JSON.stringify(app)}`

/** Before 0.7 there were no folders, and ids did without the slash. */
const rooted = (id: unknown): unknown => (typeof id === 'string' && !id.startsWith('/') ? `/${id}` : id)

const isAppId = (id: string): boolean => id.length <= 1024 && /^(\/[A-Za-z0-9._-]+)+$/.test(id)

function readApp(id: string, app: Json): App {
  const ipAddress = isRecord(app['ipAddress']) ? app['ipAddress'] : undefined
  const container = record(app['container'])
  const docker = record(container['docker'])
  const inContainer = list(container['portMappings'])
  const mappings = inContainer.length > 0 ? inContainer : list(docker['portMappings'])
  const { definitions, portFields } = readDefinitions(list(app['portDefinitions']).map(record), list(app['ports']))
  const network = readNetwork(app, ipAddress, text(docker['network']))
  return {
    id,
    version: text(app['version']) ?? '',
    labels: texts(app['labels']),
    network: network.mode,
    mappings: mappings.map(record).map(readMapping),
    definitions,
    discovery: list(record(ipAddress?.['discovery'])['ports']).map(record).map(readDiscovery),
    healthChecks: list(app['healthChecks']).map(record).map(readHealthCheck),
    tasks: readTasks(app),
    fields: {
      network: network.field,
      mappings: inContainer.length > 0 ? 'container.portMappings' : 'container.docker.portMappings',
      ports: portFields,
    },
  }
}

/** marathon-api §4: `networks` decides, else ipAddress, else docker.network. */
function readNetwork(
  app: Json,
  ipAddress: Json | undefined,
  docker: string | undefined,
): { mode: NetworkMode; field: string | undefined } {
  const networks = list(app['networks'])
  if (networks.length > 0) {
    const given = text(record(networks[0])['mode'])
    const mode = given === 'container/bridge' ? 'bridge' : given === 'host' ? 'host' : 'container'
    return { mode, field: given === undefined ? 'networks' : 'networks[0].mode' }
  }
  const field = docker === undefined ? undefined : 'container.docker.network'
  if (docker === 'BRIDGE') return { mode: 'bridge', field }
  if (ipAddress) return { mode: 'container', field: 'ipAddress' }
  return { mode: docker === 'USER' ? 'container' : 'host', field }
}

const protocolOf = (port: Json): string => text(port['protocol'])?.toLowerCase() ?? 'tcp'

const readMapping = (mapping: Json): PortMapping => ({
  containerPort: integer(mapping['containerPort']) ?? 0,
  hostPort: integer(mapping['hostPort']),
  servicePort: portNumber(mapping['servicePort']),
  protocol: protocolOf(mapping),
})

/** Port definitions, each with what is missing from the older `ports`, or those alone; and the field of each port. */
function readDefinitions(given: Json[], ports: unknown[]) {
  const count = given.length > 0 ? given.length : ports.length
  const all = Array.from({ length: count }, (_, at) => {
    const definition = given[at] ?? {}
    const port = portNumber(definition['port'])
    return {
      definition: { port: port ?? portNumber(ports[at]), protocol: protocolOf(definition) },
      field: port === undefined ? `ports[${at}]` : `portDefinitions[${at}].port`,
    }
  })
  return { definitions: all.map(({ definition }) => definition), portFields: all.map(({ field }) => field) }
}

const readDiscovery = (port: Json) => ({ port: integer(port['number']) ?? 0, protocol: protocolOf(port) })

const readHealthCheck = (check: Json): HealthCheck => ({
  protocol: text(check['protocol'])?.toUpperCase() ?? 'HTTP',
  path: text(check['path']),
  portIndex: integer(check['portIndex']),
  port: portNumber(check['port']),
  intervalSeconds: integer(check['intervalSeconds']) ?? 60,
  timeoutSeconds: integer(check['timeoutSeconds']) ?? 20,
  maxConsecutiveFailures: integer(check['maxConsecutiveFailures']) ?? 3,
})
