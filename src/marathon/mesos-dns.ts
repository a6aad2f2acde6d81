import { isHostName } from './label-values.js'

/** Where Mesos-DNS puts the names of Marathon's tasks: its own domain, and the name that Marathon has as a framework of Mesos. */
export interface MesosDns {
  domain: string
  framework: string
}

const longestLabel = 63

/**
 * The host names that Mesos-DNS gives the tasks of an app (marathon-api §9), sorted, each once: those of the tasks and of their
 * agents, by the label of the task's name and by that name with its dots (Mesos-DNS 0.2 to 0.5.0 have only these, 0.5.2 both).
 * A name that no host can have is left out. Two apps may share names.
 */
export function mesosDnsNames(appId: string, { domain, framework }: MesosDns): string[] {
  const dotted = appId.split('/').filter(Boolean).reverse().join('.')
  const label = labelOf(dotted)
  if (label === '') return []
  const parent = fragmentsOf(framework)
  const names = [label, dotted.toLowerCase()].flatMap((task) => [
    `${task}.${parent}.${domain}`,
    `${task}.${parent}.slave.${domain}`,
  ])
  return [...new Set(names)].filter(isHostName).sort()
}

/** What Mesos-DNS makes of a name so that it is one label (marathon-api §9, RFC 1123). May be empty, or end with a hyphen. */
export function labelOf(name: string): string {
  const mapped = name
    .replace(/[^A-Za-z0-9._-]/g, '')
    .replace(/[._]/g, '-')
    .replace(/^-+/, '')
    .toLowerCase()
  const head = mapped.slice(0, longestLabel).replace(/-+$/, '')
  // What follows the cut moves up into the room of the hyphens before it, and is not trimmed again.
  const tail = mapped.slice(longestLabel).replace(/^-+/, '')
  return head + tail.slice(0, longestLabel - head.length)
}

/** What Mesos-DNS makes of a framework's name: a label of each part between dots, empty ones left out (marathon-api §9). */
export const fragmentsOf = (name: string): string => name.split('.').map(labelOf).filter(Boolean).join('.')
