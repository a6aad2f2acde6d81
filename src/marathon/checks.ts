import type { AppPort } from './ports.js'
import type { App, HealthCheck } from './reply.js'

/**
 * How HAProxy checks a service's servers; times in whole seconds, `fall` in failures. `path` is a URI path, for HTTP only.
 * `speaksHttp`: Marathon checks the service over HTTP, wherever.
 */
export interface Check {
  kind: 'http' | 'https' | 'tcp'
  speaksHttp: boolean
  path: string
  interval: number
  timeout: number
  fall: number
}

/**
 * The health check of an app that belongs to this port, as a check of HAProxy (marathon-api §6); COMMAND becomes a TCP check, and so
 * does one at an absolute port of no service, which belongs to the `only` port of an app.
 */
export function checkFor(app: App, port: AppPort, only = false): Check | undefined {
  const own = app.healthChecks.find((candidate) => belongsTo(candidate, app, port))
  const check = own ?? (only ? app.healthChecks.find((candidate) => candidate.port !== undefined) : undefined)
  if (!check) return undefined
  const path = check.path?.startsWith('/') === false ? `/${check.path}` : (check.path ?? '/')
  const kind = isUriPath(path) ? kindOf(check.protocol) : 'tcp'
  return {
    kind: own ? kind : 'tcp',
    speaksHttp: kind === 'http',
    path,
    interval: seconds(check.intervalSeconds),
    timeout: seconds(check.timeoutSeconds),
    // 0 means "never kill" to Marathon, which does not mean "never notice" to a load balancer.
    fall: Math.min(check.maxConsecutiveFailures + 1, 1000),
  }
}

/** An absolute `port` wins over the index; it is that of a service by one of the fixed numbers that the app gives its n-th port. */
function belongsTo({ port, portIndex }: HealthCheck, app: App, { index }: AppPort): boolean {
  if (port === undefined) return (portIndex ?? 0) === index
  const { containerPort, hostPort } = app.mappings[index] ?? {}
  return [containerPort, hostPort, app.discovery[index]?.port, app.definitions[index]?.port].includes(port)
}

function kindOf(protocol: string): Check['kind'] {
  if (protocol === 'HTTP' || protocol === 'MESOS_HTTP') return 'http'
  return protocol === 'HTTPS' || protocol === 'MESOS_HTTPS' ? 'https' : 'tcp'
}

const isUriPath = (path: string): boolean => path.length <= 2048 && /^[\x21-\x7e]+$/.test(path)

/** HAProxy refuses times of 0 and of more than 24 days. */
const seconds = (value: number): number => Math.min(Math.max(value, 1), 86_400)
