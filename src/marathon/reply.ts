import { UpdaterError } from '../errors.js'

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
 * A task: `running`, `unreachable` (LOST or UNREACHABLE, perhaps alive) or `gone` (anything else), its health results, and whether its
 * readiness checks have passed (undefined: not known).
 */
export interface Task {
  id: string
  host: string | undefined
  ports: number[]
  addresses: string[]
  presence: 'running' | 'unreachable' | 'gone'
  alive: boolean[]
  ready: boolean | undefined
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

type Json = Record<string, unknown>

/**
 * The apps of a reply, sorted by id; whatever is odd in one is read as absent (null, absent and [] are the same). An entry that is
 * no app is named in `warnings`. Throws `bad-reply` when the reply embeds no tasks although some run, unless `allowEmpty`.
 */
export function readApps(reply: { apps: unknown[] }, allowEmpty: boolean): { apps: App[]; warnings: string[] } {
  const raw = reply.apps.map(record)
  const embedded = raw.some((app) => Array.isArray(app['tasks']))
  if (!embedded && !allowEmpty && raw.some((app) => (integer(app['tasksRunning']) ?? 0) > 0)) {
    throw new UpdaterError(
      'bad-reply',
      'the reply holds no tasks although some are running, as if embed=apps.tasks had been ignored; the live file stays as it is',
    )
  }
  const apps = new Map<string, App>()
  const warnings: string[] = []
  for (const app of raw) {
    const id = app['id']
    if (typeof id === 'string' && isAppId(id)) apps.set(id, newest(readApp(id, app), apps.get(id)))
    else warnings.push(`an app with the impossible id ${shown(id)} is left out`)
  }
  return { apps: [...apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), warnings: warnings.sort() }
}

/** Of two entries with one id, which no Marathon should give, the order of arrival must not decide. */
function newest(app: App, other: App | undefined): App {
  return other && orderOf(other) > orderOf(app) ? other : app
}

const orderOf = (app: App): string => `${app.version} ${JSON.stringify(app)}`

/** Tasks come in any order. Two with one id, which no Marathon should give either, are told apart by the rest. */
function byId(a: Task, b: Task): number {
  const [one, other] = a.id === b.id ? [JSON.stringify(a), JSON.stringify(b)] : [a.id, b.id]
  return one < other ? -1 : 1
}

const isAppId = (id: string): boolean => id.length <= 1024 && /^(\/[A-Za-z0-9._-]+)+$/.test(id)

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : `of type ${value === null ? 'null' : typeof value}`

function readApp(id: string, app: Json): App {
  const ipAddress = isRecord(app['ipAddress']) ? app['ipAddress'] : undefined
  const container = record(app['container'])
  const docker = record(container['docker'])
  const mappings = [container['portMappings'], docker['portMappings']].map(list).find((found) => found.length > 0) ?? []
  const definitions = list(app['portDefinitions'])
  const readiness = readinessOf(app)
  return {
    id,
    version: text(app['version']) ?? '',
    labels: texts(app['labels']),
    network: networkMode(app, ipAddress, text(docker['network'])),
    mappings: mappings.map(record).map(readMapping),
    definitions:
      definitions.length > 0 ? definitions.map(record).map(readDefinition) : list(app['ports']).map(readPort),
    discovery: list(record(ipAddress?.['discovery'])['ports']).map(record).map(readDiscovery),
    healthChecks: list(app['healthChecks']).map(record).map(readHealthCheck),
    tasks: list(app['tasks'])
      .map(record)
      .map((task) => readTask(task, readiness))
      .sort(byId),
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

const readDefinition = (definition: Json) => ({
  port: portNumber(definition['port']),
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

const readTask = (task: Json, readiness: (task: Json) => boolean | undefined): Task => ({
  id: text(task['id']) ?? '',
  host: text(task['host']),
  ports: list(task['ports']).map((port) => portNumber(port) ?? 0),
  addresses: list(task['ipAddresses']).flatMap((entry) => text(record(entry)['ipAddress']) ?? []),
  presence: presenceOf(task),
  alive: list(task['healthCheckResults'])
    .filter((result) => result != null)
    .map(record)
    .map(isAlive),
  ready: readiness(task),
})

/**
 * marathon-api §5: readiness is in the reply while a deployment runs. A task of the version that is being deployed is not known to be
 * ready before its first result; any other has been ready once.
 */
function readinessOf(app: Json): (task: Json) => boolean | undefined {
  if (list(app['readinessChecks']).length === 0) return () => true
  const results = list(app['readinessCheckResults']).map(record)
  const isDeploying = list(app['deployments']).length > 0
  return (task) => {
    const own = results.filter(({ taskId }) => taskId === task['id'])
    if (own.length > 0) return own.every(({ ready }) => ready === true)
    return isDeploying && task['version'] === app['version'] ? undefined : true
  }
}

/** marathon-api §5: a state decides where there is one (0.15 on); before, a task that has started is running. */
function presenceOf(task: Json): Task['presence'] {
  const state = text(task['state'])
  if (state === undefined) return text(task['startedAt']) ? 'running' : 'gone'
  if (state === 'TASK_RUNNING') return 'running'
  return state === 'TASK_LOST' || state === 'TASK_UNREACHABLE' ? 'unreachable' : 'gone'
}

/** 0.7 may lack `alive`; it is computed as Marathon does: a success that no failure came after. */
function isAlive(result: Json): boolean {
  if (typeof result['alive'] === 'boolean') return result['alive']
  const success = text(result['lastSuccess'])
  const failure = text(result['lastFailure'])
  return success !== undefined && (failure === undefined || success > failure)
}

const record = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {})

const isRecord = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const integer = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined

/** 0 and what is out of range are never a port. */
const portNumber = (value: unknown): number | undefined => {
  const port = integer(value)
  return port && port <= 65535 ? port : undefined
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
