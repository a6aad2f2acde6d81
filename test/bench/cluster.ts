import type { Json } from '../../src/marathon/json.js'
import { type AppSpec, app, httpCheck, type TaskSpec } from '../support/apps.js'
import { randomFrom } from '../support/random.js'

/** Kinds of apps, how many of a hundred there are of each, and how their containers are reached. Old ones are as before Marathon 1.5. */
const kinds = {
  bridge: { share: 34, mode: 'bridge' },
  host: { share: 22, mode: 'host' },
  container: { share: 18, mode: 'container' },
  portless: { share: 8, mode: 'host' },
  oldBridge: { share: 10, mode: 'bridge' },
  oldHost: { share: 5, mode: 'host' },
  oldContainer: { share: 3, mode: 'container' },
} as const

type Kind = keyof typeof kinds

const everyKind = Object.entries(kinds).flatMap(([kind, { share }]) => Array<Kind>(share).fill(kind as Kind))
const teams = ['core', 'shop', 'search', 'media', 'mobile/eu', 'mobile/us', 'data']
const names = ['auth', 'billing', 'cart', 'catalog', 'feed', 'geo', 'mail', 'push', 'queue', 'stats', 'user', 'web']
const tasksOfAnApp = 5
const tasksOfAnAgent = 12

/** What an app is made from: its number in the cluster, its kind and service ports, chance, and the agents' next free ports. */
interface Making {
  at: number
  kind: Kind
  ports: number[]
  random: (limit: number) => number
  place: (ports: number) => TaskSpec
}

/**
 * The apps of a made-up cluster as a reply has them, in 4 to 5 kB of JSON each: five tasks an app, agents by address, several
 * generations of Marathon, labels of ours and of others, and one task of fifty without traffic. Service ports go from 10000 up, each
 * given once. The same arguments always give the same apps.
 */
export function clusterOf(apps: number, seed = 1): Json[] {
  const random = randomFrom(seed)
  const place = agentsFor(apps)
  let servicePort = 10_000
  return Array.from({ length: apps }, (_, at) => {
    const kind = everyKind[random(100)] ?? 'bridge'
    const count = kind === 'portless' ? 0 : random(10) === 0 ? 2 : 1
    const ports = Array.from({ length: count }, () => servicePort++)
    return asReplied(oneApp({ at, kind, ports, random, place }))
  })
}

/** The same apps with this part of them changed, one at least: a task of each is replaced by one on another host and port. */
export function changed(apps: Json[], part: number): Json[] {
  const movable = apps.filter((one) => movableTask(one))
  const count = Math.max(1, Math.round(apps.length * part))
  const moving = new Set(Array.from({ length: count }, (_, at) => movable[Math.floor((at * movable.length) / count)]))
  return apps.map((one, at) => (moving.has(one) ? withOneMoved(one, at) : one))
}

const asReplied = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json

const tasksOf = (one: Json): Json[] => one['tasks'] as Json[]

/** The first task that has traffic and is reached at its agent. */
const movableTask = (one: Json): Json | undefined =>
  tasksOf(one).find(
    (task) => String(task['ports']) !== '' && task['startedAt'] && !JSON.stringify(task).includes('"alive":false'),
  )

function withOneMoved(one: Json, at: number): Json {
  const old = movableTask(one)
  const id = String(old?.['id'])
  const host = `127.99.${at >> 8}.${at & 255}`
  const now = { ...old, id: id.replace(/.$/, '2'), host, ports: [31_900, 31_901] }
  return { ...one, tasks: tasksOf(one).map((task) => (task === old ? now : task)) }
}

/** Gives each task the next agent in turn, and there ports that no other task has. */
function agentsFor(apps: number): Making['place'] {
  const next = Array<number>(Math.ceil((apps * tasksOfAnApp) / tasksOfAnAgent)).fill(31_000)
  let turn = 0
  return (ports) => {
    const at = turn++ % next.length
    const first = next[at] ?? 0
    next[at] = first + ports
    return {
      host: `127.${10 + (at >> 8)}.${at & 255}.7`,
      slaveId: `5c3a1f0e-1b2d-4c6f-9a57-0d2f6b8e4a11-S${at}`,
      ports: Array.from({ length: ports }, (_, index) => first + index),
    }
  }
}

function oneApp(making: Making): Json {
  const { at, kind, ports, random } = making
  const team = teams[random(teams.length)] ?? ''
  const name = `${names[random(names.length)]}-${at}`
  const spec: AppSpec = {
    ports,
    mode: kinds[kind].mode,
    labels: labelsOf(making, name, team),
    healthChecks: ports.length > 0 && random(5) > 0 ? [checkOf(random)] : [],
    tasks: Array.from({ length: tasksOfAnApp }, (_, index) => oneTask(making, index)),
    ...beside(making),
  }
  return { ...app(`/prod/${team}/${name}`, spec), ...olderKeys(making) }
}

/** What an app of an older generation has in place of `networks` and the rest. */
function olderKeys({ kind, ports }: Making): Json {
  const none = { networks: undefined, portDefinitions: undefined, container: undefined }
  if (kind === 'oldHost') return { ...none, ports, ipAddress: null }
  if (kind === 'oldBridge') {
    const portMappings = ports.map((servicePort, at) => ({ containerPort: 8080 + at, hostPort: 0, servicePort }))
    const docker = { image: 'registry.example.test:5000/shop/app:4.1', network: 'BRIDGE', portMappings }
    return { ...none, ports, container: { type: 'DOCKER', volumes: [], docker } }
  }
  if (kind !== 'oldContainer') return {}
  const discovery = { ports: ports.map((_, at) => ({ number: 8080 + at, name: `port-${at}`, protocol: 'tcp' })) }
  return { ...none, ipAddress: { groups: [], labels: {}, discovery, networkName: 'dcos' } }
}

function oneTask({ at, kind, ports, random, place }: Making, index: number): TaskSpec {
  const inContainer = kinds[kind].mode === 'container'
  const own = at * tasksOfAnApp + index
  const minute = 10 + random(50)
  const address = inContainer
    ? `127.${64 + (own >> 16)}.${(own >> 8) & 255}.${own & 255}`
    : `172.17.0.${2 + (own % 200)}`
  const started = { startedAt: `2024-03-01T08:${minute}:09.481Z` }
  const lot = random(100)
  return {
    ...place(inContainer ? 0 : ports.length),
    ipAddresses: [{ ipAddress: address, protocol: 'IPv4' }],
    stagedAt: `2024-03-01T08:${minute}:01.120Z`,
    ...(lot === 0 ? { state: 'TASK_STAGING', startedAt: undefined, health: 'unknown' } : started),
    ...(lot === 1 ? { health: 'unhealthy' } : {}),
    region: 'eu-west-1',
    zone: `eu-west-1${'abc'[own % 3]}`,
    role: '*',
  }
}

function checkOf(random: Making['random']): Json {
  const lot = random(10)
  const check = { ...httpCheck, intervalSeconds: 5 + random(30), ipProtocol: 'IPv4', delaySeconds: 15 }
  if (lot === 0) return { ...check, protocol: 'TCP', path: undefined }
  return { ...check, protocol: lot < 5 ? 'MESOS_HTTP' : 'HTTP', path: lot < 8 ? '/health' : '/' }
}

/** Seven of ten apps with a port have a host, and so have all that have no service port. */
function labelsOf({ kind, ports, random }: Making, name: string, team: string): Record<string, string> {
  const others = { team, owner: `${team}@example.test`, 'traefik.enable': 'false', 'traefik.frontend.priority': '10' }
  if (ports.length === 0) return others
  return {
    ...others,
    ...(random(20) > 0 ? { HAPROXY_GROUP: random(10) > 0 ? 'external' : 'external,internal' } : {}),
    ...(ports.length > 1 && random(3) === 0 ? { HAPROXY_1_MODE: 'tcp' } : {}),
    ...(kind === 'oldContainer' || random(10) < 7 ? hostLabels(name, team.replace('/', '-'), random) : {}),
  }
}

function hostLabels(name: string, team: string, random: Making['random']): Record<string, string> {
  const host = `${name}.${team}.example.test`
  const lot = random(100)
  return {
    ...(lot < 70 ? { HAPROXY_0_VHOST: host } : {}),
    ...(lot >= 70 && lot < 85 ? { HAPROXY_0_VHOST: `${host},www.${host}` } : {}),
    ...(lot >= 85 ? { HAPROXY_0_VHOST: `api.${team}.example.test`, HAPROXY_0_PATH: `/v1/${name}` } : {}),
    ...(random(10) === 0 ? { HAPROXY_0_BALANCE: 'leastconn' } : {}),
    ...(random(10) === 0 ? { HAPROXY_0_STICKY: 'true' } : {}),
    ...(random(10) === 0 ? { HAPROXY_0_REDIRECT_TO_HTTPS: 'true' } : {}),
  }
}

/** What no load balancer needs. */
const beside = ({ at, random }: Making): Json => ({
  args: null,
  backoffFactor: 1.15,
  backoffSeconds: 1,
  constraints: random(3) === 0 ? [['hostname', 'UNIQUE']] : [],
  cpus: (1 + random(20)) / 10,
  dependencies: [],
  disk: 0,
  env: {
    JAVA_OPTS: '-Xmx512m -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError',
    LOG_LEVEL: 'info',
    DATABASE_URL: `postgres://db-${random(9)}.example.test:5432/app`,
    RELEASE: `4.${random(30)}.${at}`,
  },
  executor: '',
  fetch: [],
  gpus: 0,
  killSelection: 'YOUNGEST_FIRST',
  maxLaunchDelaySeconds: 300,
  mem: 128 * (1 + random(16)),
  readinessChecks: [],
  secrets: {},
  tasksHealthy: tasksOfAnApp,
  tasksUnhealthy: 0,
  unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
})
