import { counted } from '../text.js'
import { taskName } from './layout.js'
import type { LeftOut, RoutesReport } from './report.js'

/** What a thing is left out for; undefined for a thing that is served, if not as it asks. */
export const reasonIn = (says: string): string | undefined => /^is left out: (.*)$/s.exec(says)?.[1]

/** A sentence for each reason why something of an app is left out, with its ports, and its tasks by number. Takes them sorted. */
export function leftOutLines(leftOut: LeftOut[]): string[] {
  const groups = new Map<string, LeftOut[]>()
  for (const one of leftOut) {
    const key = JSON.stringify([one.app, one.port === null, one.task === null, one.says])
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()].flatMap((group) => (group[0] ? sentenceOf(group[0], group) : []))
}

function sentenceOf({ app, says }: LeftOut, group: LeftOut[]): string {
  if (app === null) return says
  const ports = [...new Set(group.flatMap(({ port }) => port ?? []))]
  const tasks = [...new Set(group.flatMap(({ task }) => task ?? []))]
  const reason = reasonIn(says)
  return app + portsText(ports) + tasksText(tasks) + (reason === undefined ? ` ${says}` : `: ${reason}`)
}

const mostNamed = 10

function portsText(ports: number[]): string {
  if (ports.length <= 1) return ports.map((port) => ` port ${port}`).join()
  const more = ports.length - mostNamed
  return ` ports ${ports.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function tasksText([task, ...others]: string[]): string {
  if (task === undefined) return ''
  return others.length > 0 ? `: ${others.length + 1} tasks` : ` task ${taskName(task)}`
}

/** How much of so many apps is routed, and how much is not. */
export function sumLine(apps: number, { services, leftOut }: Pick<RoutesReport, 'services' | 'leftOut'>): string {
  const servers = services.reduce((sum, service) => sum + service.servers.length, 0)
  const absent = leftOut.filter(({ says }) => reasonIn(says) !== undefined)
  const ports = absent.filter(({ task }) => task === null).map(({ app, port }) => `${app} ${port}`)
  const tasks = absent.filter(({ task }) => task !== null).map(({ app, task }) => `${app} ${task}`)
  const routed = [counted(apps, 'app'), counted(services.length, 'service'), counted(servers, 'server')]
  const left = [
    ...(ports.length > 0 ? [counted(new Set(ports).size, 'port')] : []),
    ...(tasks.length > 0 ? [counted(new Set(tasks).size, 'task')] : []),
  ]
  const others = leftOut.length - absent.length
  return [
    routed.join(', '),
    left.length > 0 ? `left out: ${left.join(', ')}` : 'nothing left out',
    ...(others > 0 ? [counted(others, 'other warning')] : []),
  ].join('; ')
}
