import { shown } from './json.js'

/** Kinds that an operator or an app's owner has something to mend for, and is warned of. */
const warned = [
  'impossible-id',
  'too-many-ports',
  'bad-label',
  'idle-label',
  'conflict',
  'unknown-agent',
  'no-listener',
  'rejected',
] as const

/** The stable names of why something is left out, as they are counted; the rest comes and goes as it is meant to. */
export type FindingKind =
  | (typeof warned)[number]
  | 'udp-only'
  | 'other-group'
  | 'disabled'
  | 'no-way-in'
  | 'not-running'
  | 'unreachable'
  | 'unhealthy'
  | 'not-ready'
  | 'no-endpoint'
  | 'same-endpoint'
  | 'no-address'

/**
 * Something that Marathon lists and that is not served as it asks: a task, a port where there is no task, an app where there is no port,
 * or something else that `says` names. Otherwise `says` follows the name in a sentence.
 */
export interface Finding {
  kind: FindingKind
  appId?: string
  portIndex?: number
  taskId?: string
  says: string
}

/** The finding as a sentence. */
export function sentenceOf({ appId, portIndex, taskId, says }: Finding): string {
  const port = portIndex === undefined ? '' : ` port ${portIndex}`
  const task = taskId === undefined ? '' : ` task ${shown(taskId).slice(1, -1)}`
  return appId === undefined ? says : `${appId}${port}${task} ${says}`
}

/** The findings that an operator is warned of, as sentences. */
export const warningsIn = (findings: Finding[]): string[] =>
  findings.filter(({ kind }) => warnedOf.has(kind)).map(sentenceOf)

const warnedOf: ReadonlySet<FindingKind> = new Set(warned)
