import { type AppPort, endpointOf } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import type { Task } from '../marathon/tasks.js'
import { endpointText } from '../render/names.js'
import { taskName } from './layout.js'
import { reasonIn } from './left-out.js'
import type { Scene } from './port.js'
import type { RoutedServer } from './report.js'
import type { Row } from './rows.js'
import { healthStyle, healthText } from './table.js'

/** Where each task of an app is served at this port and which fields say so, or why it is left out, as all are without a service. */
export function taskRows(app: App, port: AppPort, service: Service | undefined, { report, findings }: Scene): Row[] {
  const routed = report.services.find(({ backend }) => backend === service?.backend)
  const servers = new Map(routed?.servers.map((server) => [keyOf(server.task, server), server]))
  const reasons = new Map(
    findings
      .filter(({ appId, portIndex }) => appId === app.id && portIndex === port.index)
      .map(({ taskId, says }) => [taskId, reasonIn(says)]),
  )
  return app.tasks.map((task) => {
    const endpoint = endpointOf(task, port)
    const server = endpoint && servers.get(keyOf(task.id, endpoint))
    if (server) return servedRow(app, port, task, server)
    const reason = reasons.get(task.id) ?? (service && replaced)
    const says = `${taskName(task.id)} is left out${reason === undefined ? ' with its port' : `: ${reason}`}`
    return { about: 'task', says, style: 'yellow' }
  })
}

/** Where an older and a newer app have tasks at one place, the newer's is the server, and nothing was found of the other. */
const replaced = 'a task of a newer app of its deployment group is at the same host and port'

const keyOf = (task: string, { host, port }: { host: string; port: number }): string =>
  JSON.stringify([task, host, port])

function servedRow(app: App, port: AppPort, task: Task, server: RoutedServer): Row {
  const address = server.address === server.host ? '' : ` (${server.address})`
  const place = endpointText(server.host, server.port) + address
  const says = `${taskName(task.id)} at ${place}, by ${originOf(app, port, task, server)}: ${healthText(server)}`
  return { about: 'task', says, style: healthStyle[server.health] }
}

/** The fields that a task's host and port come from (marathon-api §4). */
function originOf({ mappings, fields }: App, { index, target }: AppPort, task: Task, server: RoutedServer): string {
  if (target.at === 'agent' && task.host === server.host && task.ports[target.slot] === server.port)
    return `its host and ports[${target.slot}]`
  const isMapped = mappings.length > 0
  return `its ipAddresses[0] and ${isMapped ? `${fields.mappings}[${index}].containerPort` : `ipAddress.discovery.ports[${index}]`}`
}
