import { backendName } from '../render/names.js'
import { type Check, checkFor } from './checks.js'
import { demandsOf, idleLabels } from './demands.js'
import { type Deployment, deploymentOf } from './deployment-groups.js'
import type { Finding, FindingKind } from './findings.js'
import { type Admission, admission, type HealthPolicy } from './health.js'
import { shown } from './json.js'
import {
  type Demands,
  type HostRules,
  LabelError,
  type PortLabels,
  readGroups,
  readLabels,
  readSwitch,
} from './labels.js'
import { type MesosDns, mesosDnsNames } from './mesos-dns.js'
import { type AppPort, portsOf } from './ports.js'
import type { App } from './reply.js'
import { type Server, serversOf } from './servers.js'

/** The listener of a service port: the address (`*`, IPv4, or IPv6 without brackets), the port, and what else its bind says. */
export interface Listener {
  address: string
  port: number
  certificate: string | undefined
  options: string[]
}

/** A host, or a path (without its last slash) below it, that leads to a service. The heaviest that matches wins, then the longest. */
export interface Route {
  host: string
  path: string
  weight: number
}

/** One port of one app, ready to be routed. `listener` is undefined where it gets none of its own. */
export interface Service {
  backend: string
  appId: string
  portIndex: number
  listener: Listener | undefined
  mode: 'http' | 'tcp'
  routes: Route[]
  demands: Demands
  deployment: Deployment | undefined
  check: Check | undefined
  servers: Server[]
}

/**
 * What the operator wants routed, and what is there to route with: the address where listeners listen, whether https is served, and
 * which servers (`backend/server`) the live file has.
 */
export interface Rules extends HostRules {
  groups: string[]
  requireEnabled: boolean
  health: HealthPolicy
  readiness: boolean
  unreachable: boolean
  mesosDns: MesosDns | undefined
  bindAddress: string
  https: boolean
  byAppId: boolean
  isLive: (backend: string, server: string) => boolean
}

/**
 * The services of these apps, in the order of app id and port, each with its servers in the order of their names; servers are still
 * known by host. A finding names each port and task that is left out, and each label that is not honoured.
 */
export function servicesOf(apps: App[], rules: Rules): { services: Service[]; findings: Finding[] } {
  const findings: Finding[] = []
  const services = apps.flatMap((app) => {
    const admitted = admission(app, rules)
    const all = portsOf(app)
    const ports = all.slice(0, mostPorts)
    if (all.length > mostPorts)
      findings.push({
        kind: 'too-many-ports',
        appId: app.id,
        says: `has ${all.length} ports: those from ${mostPorts} on are passed over`,
      })
    const own = ports.flatMap((port) => {
      const note: Note = (kind, says, taskId) =>
        findings.push({ kind, appId: app.id, portIndex: port.index, ...(taskId === undefined ? {} : { taskId }), says })
      return servicesOfPort({ app, ports, port, admitted, rules, note })
    })
    const named = rules.mesosDns ? withMesosDnsNames(own, app.id, rules.mesosDns) : own
    return named.filter((service) => isReachable(service, rules, findings))
  })
  return { services, findings }
}

/** The service of a port, if it is wanted and its labels make sense. */
function servicesOfPort(candidate: Candidate): Service[] {
  const { app, port, rules, note } = candidate
  try {
    const unwanted = whyUnwanted(app, port, rules)
    if (!unwanted) return [serviceOf(candidate)]
    note(unwanted.kind, `is left out: ${unwanted.why}`)
  } catch (error) {
    if (!(error instanceof LabelError)) throw error
    note('bad-label', `is left out: ${error.message}`)
  }
  return []
}

/** More ports than any app has; one that lists more would take from all others the time that a run has. */
const mostPorts = 1000

/** No TCP listener for pure UDP; `*` means all services, those without a group too. Throws a LabelError. */
function whyUnwanted(app: App, port: AppPort, rules: Rules): { kind: FindingKind; why: string } | undefined {
  if (!port.tcp) return { kind: 'udp-only', why: 'its protocol is udp' }
  const inGroup = (group: string): boolean => rules.groups.includes(group)
  if (!inGroup('*')) {
    const groups = readGroups(app.labels, port.index)
    const none = groups.length === 0 ? 'it has no HAPROXY_GROUP' : `its HAPROXY_GROUP is ${shown(groups.join(','))}`
    if (!groups.some(inGroup)) return { kind: 'other-group', why: `${none} (see --group)` }
  }
  const isEnabled = readSwitch(app.labels, port.index)
  if (isEnabled === false) return { kind: 'disabled', why: `its label HAPROXY_${port.index}_ENABLED is false` }
  if (isEnabled || !rules.requireEnabled) return undefined
  return { kind: 'disabled', why: `it has no label HAPROXY_${port.index}_ENABLED=true (see --require-enabled)` }
}

/** A port with neither service port nor host is nobody's to reach, unless by the id of its app. */
function isReachable({ listener, routes, mode, appId, portIndex }: Service, { byAppId }: Rules, findings: Finding[]) {
  if (listener !== undefined || routes.length > 0 || (byAppId && mode === 'http')) return true
  findings.push({ kind: 'no-way-in', appId, portIndex, says: 'is left out: it has neither a service port nor a host' })
  return false
}

/** Takes down what becomes of a port, or of one of its tasks. */
type Note = (kind: FindingKind, says: string, taskId?: string) => void

/** One port of an app, with all that decides what becomes of it. */
interface Candidate {
  app: App
  ports: AppPort[]
  port: AppPort
  admitted: Admission
  rules: Rules
  note: Note
}

function serviceOf(candidate: Candidate): Service {
  const { app, ports, port, admitted, rules, note } = candidate
  const warn = (says: string): void => note('idle-label', says)
  const labels = readLabels(app.labels, port.index, rules)
  const checkPort = checkPortOf(labels, ports, warn)
  const ownCheck = checkFor(app, port, ports.filter(({ tcp }) => tcp).length === 1)
  const mode = labels.mode ?? (labels.vhosts.length > 0 || ownCheck?.speaksHttp ? 'http' : 'tcp')
  const backend = backendName(app.id, port.index)
  const service = {
    backend,
    appId: app.id,
    portIndex: port.index,
    listener: listenerOf(labels, port, rules),
    mode,
    // A host can only be routed in mode http; an explicit MODE=tcp is the stronger word.
    routes: mode === 'http' ? routesOf(labels) : [],
    demands: demandsOf(labels, mode, rules.https, warn),
    deployment: deploymentOf(app),
    check: ownCheck ?? (checkPort && checkFor(app, checkPort)),
  }
  for (const name of labels.passedOver) warn(`has the label ${name}, a template of marathon-lb that is passed over`)
  for (const name of idleLabels(labels, mode))
    warn(`has the label HAPROXY_${port.index}_${name}, which is of no effect`)
  const servers = serversOf(
    app,
    port,
    checkPort,
    (task, name) => admitted(task, () => rules.isLive(backend, name)),
    (taskId, { kind, says }) => note(kind, says, taskId),
  )
  return { ...service, servers }
}

function checkPortOf({ checkPortIndex: index }: PortLabels, ports: AppPort[], warn: (says: string) => void) {
  const port = index === undefined ? undefined : ports[index]
  if (index !== undefined && !port) warn(`is checked itself: the app has no port ${index} for its health check`)
  return port
}

function listenerOf({ bind }: PortLabels, { servicePort }: AppPort, { bindAddress }: Rules): Listener | undefined {
  const { port = servicePort, address = bindAddress, certificate, options } = bind
  return port === undefined ? undefined : { address, port, certificate, options }
}

/** What one service may bring into the maps; beyond, it would take from all others the time that a run has. */
const mostRoutes = 1000

/** Without a weight of its own, a path goes before the whole host. */
function routesOf({ vhosts, paths, weight }: PortLabels): Route[] {
  const below = paths.length > 0 ? paths : ['']
  if (vhosts.length * below.length > mostRoutes)
    throw new LabelError(`VHOST and PATH make more than ${mostRoutes} routes together`)
  return vhosts.flatMap((host) => below.map((path) => ({ host, path, weight: weight ?? (paths.length > 0 ? 1 : 0) })))
}

/** The names are the app's, so its first http port has them whole, whatever labels of other apps want. */
function withMesosDnsNames(services: Service[], appId: string, mesosDns: MesosDns): Service[] {
  const first = services.find(({ mode }) => mode === 'http')
  const named = mesosDnsNames(appId, mesosDns).map((host) => ({ host, path: '', weight: Number.POSITIVE_INFINITY }))
  return services.map((service) =>
    service === first ? { ...service, routes: [...service.routes, ...named] } : service,
  )
}
