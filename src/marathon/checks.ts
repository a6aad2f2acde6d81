import type { AppPort } from './ports.js'
import type { App, HealthCheck } from './reply.js'

/** How HAProxy checks a service's servers; times in whole seconds, `fall` in failures. `path` is a URI path, for HTTP only. */
export interface Check {
  kind: 'http' | 'https' | 'tcp'
  path: string
  interval: number
  timeout: number
  fall: number
}

/** The health check of an app that belongs to this port, as a check of HAProxy (marathon-api §6); COMMAND becomes a TCP check. */
export function checkFor(app: App, port: AppPort): Check | undefined {
  const check = app.healthChecks.find((candidate) => belongsTo(candidate, app, port))
  if (!check) return undefined
  const path = check.path?.startsWith('/') === false ? `/${check.path}` : (check.path ?? '/')
  return {
    kind: isUriPath(path) ? kindOf(check.protocol) : 'tcp',
    path,
    interval: seconds(check.intervalSeconds),
    timeout: seconds(check.timeoutSeconds),
    // 0 means "never kill" to Marathon, which does not mean "never notice" to a load balancer.
    fall: Math.min(check.maxConsecutiveFailures + 1, 1000),
  }
}

/** An absolute `port` wins over the index; it is a container's own port, never one of the agent's. */
function belongsTo(check: HealthCheck, app: App, { index }: AppPort): boolean {
  if (check.port === undefined) return (check.portIndex ?? 0) === index
  return app.mappings[index]?.containerPort === check.port
}

function kindOf(protocol: string): Check['kind'] {
  if (protocol === 'HTTP' || protocol === 'MESOS_HTTP') return 'http'
  return protocol === 'HTTPS' || protocol === 'MESOS_HTTPS' ? 'https' : 'tcp'
}

const isUriPath = (path: string): boolean => path.length <= 2048 && /^[\x21-\x7e]+$/.test(path)

/** HAProxy refuses times of 0 and of more than 24 days. */
const seconds = (value: number): number => Math.min(Math.max(value, 1), 86_400)
