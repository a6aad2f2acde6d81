type Json = Record<string, unknown>

/** What a test says of a task; any other key of the reply can be given as well, and wins. */
export interface TaskSpec extends Json {
  host?: string
  ports?: number[]
  state?: string
  health?: 'healthy' | 'unhealthy' | 'unknown'
}

/** What a test says of an app; `ports` are its service ports, `tasks` is a number of tasks or each of them. */
export interface AppSpec extends Json {
  ports?: number[]
  mode?: 'host' | 'bridge' | 'container'
  labels?: Record<string, string>
  healthChecks?: Json[]
  tasks?: TaskSpec[] | number
}

const version = '2024-01-01T00:00:00.000Z'

/** A health check of an app's first port, as Marathon answers it. */
export const httpCheck: Json = {
  protocol: 'HTTP',
  path: '/health',
  portIndex: 0,
  gracePeriodSeconds: 300,
  intervalSeconds: 60,
  timeoutSeconds: 20,
  maxConsecutiveFailures: 3,
}

/**
 * An app as Marathon 1.5 and later answer it, by default with one running task, which is healthy if there are health checks. The same
 * arguments always give the same app.
 */
export function app(id: string, spec: AppSpec = {}): Json {
  const { ports = [10000], mode = 'host', labels = {}, healthChecks = [], tasks = 1, ...overrides } = spec
  const specs = typeof tasks === 'number' ? Array.from({ length: tasks }, (): TaskSpec => ({})) : tasks
  const built = specs.map((given, index) => {
    const common: TaskSpec = healthChecks.length > 0 ? { health: 'healthy' } : {}
    return task(id, index, mode === 'container' ? [] : ports, { ...common, ...given })
  })
  return {
    id,
    cmd: 'sleep 3600',
    instances: built.length,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(healthChecks.length > 0 ? { healthChecks } : {}),
    ...networkOf(mode, ports),
    version,
    versionInfo: { lastScalingAt: version, lastConfigChangeAt: version },
    deployments: [],
    tasksStaged: built.filter((one) => one['state'] === 'TASK_STAGING').length,
    tasksRunning: built.filter((one) => one['state'] === 'TASK_RUNNING').length,
    tasks: built,
    ...overrides,
  }
}

/**
 * The task of an app with this index, running on 127.0.0.1. It has a port from 31000 to 31999 for each service port, where nothing
 * listens; service ports with different last two digits share none (up to ten tasks).
 */
export function task(appId: string, index = 0, servicePorts = [10000], spec: TaskSpec = {}): Json {
  const { health = 'unknown', ...overrides } = spec
  const id = `${appId.slice(1).replaceAll('/', '_')}.instance-${index}._app.1`
  return {
    id,
    appId,
    host: '127.0.0.1',
    ports: servicePorts.map((servicePort) => 31000 + ((servicePort * 10 + index) % 1000)),
    servicePorts: [],
    slaveId: '00000000-0000-0000-0000-000000000000-S0',
    state: 'TASK_RUNNING',
    stagedAt: version,
    startedAt: version,
    version,
    ipAddresses: [{ ipAddress: `172.17.0.${index + 2}`, protocol: 'IPv4' }],
    healthCheckResults: health === 'unknown' ? [] : [healthResult(id, health === 'healthy')],
    ...overrides,
  }
}

/** The keys that say how an app's containers are reached; containers listen on 8080 and up. */
function networkOf(mode: 'host' | 'bridge' | 'container', ports: number[]): Json {
  if (mode === 'host') {
    const portDefinitions = ports.map((port, index) => ({ port, protocol: 'tcp', name: `port-${index}`, labels: {} }))
    return { networks: [{ mode: 'host' }], requirePorts: false, portDefinitions }
  }
  const portMappings = ports.map((servicePort, index) => ({
    containerPort: 8080 + index,
    ...(mode === 'bridge' ? { hostPort: 0 } : {}),
    servicePort,
    protocol: 'tcp',
    labels: {},
  }))
  const network = mode === 'bridge' ? { mode: 'container/bridge' } : { mode: 'container', name: 'dcos' }
  return { networks: [network], container: { type: 'DOCKER', docker: { image: 'app' }, volumes: [], portMappings } }
}

const healthResult = (instanceId: string, alive: boolean): Json => ({
  alive,
  consecutiveFailures: alive ? 0 : 1,
  firstSuccess: version,
  lastSuccess: alive ? version : null,
  lastFailure: alive ? null : version,
  lastFailureCause: alive ? null : 'connection refused',
  instanceId,
})
