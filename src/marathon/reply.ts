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
  const mappings = [container['portMappings'], docker['portMappings']].map(list).find((found) => found.length > 0) ?? []
  const definitions = list(app['portDefinitions'])
  const ports = list(app['ports'])
  return {
    id,
    version: text(app['version']) ?? '',
    labels: texts(app['labels']),
    network: networkMode(app, ipAddress, text(docker['network'])),
    mappings: mappings.map(record).map(readMapping),
    definitions:
      definitions.length > 0
        ? definitions.map(record).map((definition, at) => readDefinition(definition, ports[at]))
        : ports.map(readPort),
    discovery: list(record(ipAddress?.['discovery'])['ports']).map(record).map(readDiscovery),
    healthChecks: list(app['healthChecks']).map(record).map(readHealthCheck),
    tasks: readTasks(app),
  }
}

/** marathon-api §4: `networks` decides, else ipAddress, else docker.network. */
function networkMode(app: Json, ipAddress: Json | undefined, docker: string | undefined): NetworkMode {
  const networks = list(app['networks'])
  if (networks.length > 0) {
    const mode = text(record(networks[0])['mode']) ?? 'container'
    return mode === 'container/bridge' ? 'bridge' : mode === 'host' ? 'host' : 'container'
  }
  if (docker === 'BRIDGE') return 'bridge'
  return ipAddress || docker === 'USER' ? 'container' : 'host'
}

const protocolOf = (port: Json): string => text(port['protocol'])?.toLowerCase() ?? 'tcp'

const readMapping = (mapping: Json): PortMapping => ({
  containerPort: integer(mapping['containerPort']) ?? 0,
  hostPort: integer(mapping['hostPort']),
  servicePort: portNumber(mapping['servicePort']),
  protocol: protocolOf(mapping),
})

const readDefinition = (definition: Json, port: unknown) => ({
  port: portNumber(definition['port']) ?? portNumber(port),
  protocol: protocolOf(definition),
})

const readPort = (port: unknown) => ({ port: portNumber(port), protocol: 'tcp' })

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
