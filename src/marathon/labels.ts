/** What the labels say of one port of an app; undefined where they say nothing. */
export interface PortLabels {
  groups: string[]
  vhosts: string[]
  port: number | undefined
  mode: 'http' | 'tcp' | undefined
  enabled: boolean | undefined
}

/** A label whose value cannot be what it should be, or that this version cannot honour. */
export class LabelError extends Error {}

/**
 * The labels of an app's n-th port, typed (names and meanings as in marathon-lb). Throws a LabelError that names label and fault:
 * a label is untrusted input, and a service whose labels are not understood whole is not routed at all.
 */
export function readLabels(labels: Record<string, string>, index: number): PortLabels {
  const prefix = `HAPROXY_${index}_`
  const read = <T>(name: string, parse: (value: string) => T | undefined, wanted: string): T | undefined => {
    const value = labels[prefix + name]
    if (value === undefined) return undefined
    const parsed = parse(value.trim())
    if (parsed === undefined) throw new LabelError(`label ${prefix}${name} is ${shown(value)}, which is not ${wanted}`)
    return parsed
  }
  refuseUnknown(labels, prefix)
  return {
    groups: words(labels[`${prefix}GROUP`] ?? labels['HAPROXY_GROUP'] ?? ''),
    vhosts: read('VHOST', hosts, 'a list of host names separated by commas') ?? [],
    port: read('PORT', port, 'a port from 1 to 65535'),
    mode: read('MODE', mode, 'http or tcp'),
    enabled: read('ENABLED', yesOrNo, 'true or false'),
  }
}

const known = ['GROUP', 'VHOST', 'PORT', 'MODE', 'ENABLED']

/** An AUTH or an allow list that is passed over would open what its owner closed, so no unknown label is passed over. */
function refuseUnknown(labels: Record<string, string>, prefix: string): void {
  const unknown = Object.keys(labels)
    .sort()
    .find((name) => name.startsWith(prefix) && !known.includes(name.slice(prefix.length)))
  if (unknown) throw new LabelError(`label ${shown(unknown)} is not one that this version knows`)
}

const words = (value: string): string[] =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

function hosts(value: string): string[] | undefined {
  const names = words(value.toLowerCase()).map((name) => name.replace(/\.$/, ''))
  return names.every((name) => hostName.test(name)) ? [...new Set(names)].sort() : undefined
}

const port = (value: string): number | undefined =>
  /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535 ? Number(value) : undefined

function mode(value: string): 'http' | 'tcp' | undefined {
  const lower = value.toLowerCase()
  return lower === 'http' || lower === 'tcp' ? lower : undefined
}

function yesOrNo(value: string): boolean | undefined {
  if (/^(true|t|yes|y|1)$/i.test(value)) return true
  return /^(false|f|no|n|0|)$/i.test(value) ? false : undefined
}

const shown = (value: string): string => JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
