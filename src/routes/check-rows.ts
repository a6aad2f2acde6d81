import { type Check, checkFor } from '../marathon/checks.js'
import type { PortLabels } from '../marathon/labels.js'
import { type AppPort, portsOf } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import type { Row } from './rows.js'

/** The mode of a service, and what decided it. */
export function modeRow(app: App, port: AppPort, { mode }: Service, labels: PortLabels): Row {
  const decided = (): string | undefined => {
    if (labels.mode) return `HAPROXY_${port.index}_MODE`
    if (labels.vhosts.length > 0) return `HAPROXY_${port.index}_VHOST`
    return mode === 'http' ? originOf(app, port) : undefined
  }
  return { about: 'mode', says: `${mode}, by ${decided() ?? 'default'}` }
}

/** How HAProxy checks the servers of a service, and after which of the app's health checks. */
export function checkRow(app: App, port: AppPort, { check }: Service, { checkPortIndex }: PortLabels): Row {
  const about = 'check'
  if (!check) return { about, says: 'none: no health check is of this port' }
  const other = checkPortIndex === undefined ? undefined : portsOf(app)[checkPortIndex]
  const at = other ? `, at port ${other.index} by HAPROXY_${port.index}_BACKEND_HEALTHCHECK_PORT_INDEX` : ''
  const by = originOf(app, port) ?? (other && originOf(app, other))
  return { about, says: `${checkText(check)}, by ${by}${at}` }
}

function checkText({ kind, path, interval, timeout, fall }: Check): string {
  const asked = kind === 'tcp' ? 'a connection' : `GET ${path}${kind === 'https' ? ' over TLS' : ''}`
  return `${asked} (inter ${interval}s, timeout ${timeout}s, fall ${fall})`
}

/** The health check that the check of a port is made of. */
function originOf(app: App, port: AppPort): string | undefined {
  const only = portsOf(app).filter(({ tcp }) => tcp).length === 1
  const own = indexOfCheck(app, port, false)
  const at = own < 0 && only ? indexOfCheck(app, port, true) : own
  const check = app.healthChecks[at]
  return check && `healthChecks[${at}] (${check.protocol})`
}

const indexOfCheck = (app: App, port: AppPort, only: boolean): number =>
  app.healthChecks.findIndex((check) => checkFor({ ...app, healthChecks: [check] }, port, only) !== undefined)
