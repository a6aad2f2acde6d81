import type { Paint } from '../color.js'
import { shown } from '../marathon/json.js'
import { portsOf } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import { plain } from '../text.js'
import { groupOf } from './deployment.js'
import { hanging, wrap } from './layout.js'
import { explainPort, type Scene } from './port.js'
import { type Row, warning } from './rows.js'

/**
 * Why an app is routed as it is, or not: port by port and task by task, with the label or field that decided. `width`: of the terminal
 * where lines are made to fit, undefined elsewhere.
 */
export function explain(app: App, scene: Scene, width: number | undefined, paint: Paint): string[] {
  const ports = portsOf(app).flatMap((port) => explainPort(app, port, scene) ?? [])
  const sections = [{ title: app.id, rows: rowsOfApp(app, scene) }, ...ports]
  const column = sections.flatMap(({ rows }) => rows).reduce((most, { about }) => Math.max(most, about.length), 0)
  const linesOf = ({ about, says, style }: Row): string[] =>
    wrap(plain(says), width, column + 4).map(
      (line, at) => `  ${(at === 0 ? about : '').padEnd(column)}  ${style ? paint(style, line) : line}`,
    )
  return sections.flatMap(({ title, rows }, at) => [
    ...(at > 0 ? [''] : []),
    ...hanging('', plain(title), width).map((line) => paint('bold', line)),
    ...rows.flatMap(linesOf),
  ])
}

function rowsOfApp(app: App, { findings }: Scene): Row[] {
  const { id, network, fields, tasks, labels } = app
  const ports = portsOf(app).length
  const group = groupOf(app)
  const found = findings.filter(({ appId, portIndex }) => appId === id && portIndex === undefined)
  return [
    { about: 'network', says: `${network}, ${fields.network === undefined ? 'by default' : `by ${fields.network}`}` },
    { about: 'ports', says: ports > 0 ? `${ports}` : 'none, so there is nothing to route' },
    { about: 'tasks', says: `${tasks.length}` },
    ...(group ? [{ about: 'deployment', says: `group ${groupName(group.group)}, by HAPROXY_DEPLOYMENT_GROUP` }] : []),
    ...found.map(({ says }) => warning(says)),
    ...strayLabels(labels, ports).map((name) => warning(`has the label ${shown(name)}, which is of none of its ports`)),
  ]
}

/** A group is known by its folder and its name. */
function groupName(group: string): string {
  const [folder = '', ...name] = group.split(' ')
  return `${shown(name.join(' '))} in ${folder === '' ? '/' : folder}`
}

/** Labels in the manner of this program that belong neither to the app nor to one of its ports. */
function strayLabels(labels: Record<string, string>, ports: number): string[] {
  return Object.keys(labels).filter((name) => {
    const index = /^HAPROXY_(\d+)_/.exec(name)?.[1]
    if (index !== undefined) return Number(index) >= ports
    return name.startsWith('HAPROXY_') && !/^HAPROXY_(GROUP$|DEPLOYMENT_)/.test(name)
  })
}
