import { shown } from './json.js'

/** What a kind of finding is about; whether the operator is warned of each. */
const kinds = {
  'impossible-id': { warns: true },
  'too-many-ports': { warns: true },
  'bad-label': { warns: true },
  'idle-label': { warns: true },
  conflict: { warns: true },
  'unknown-agent': { warns: true },
  'no-listener': { warns: true },
  rejected: { warns: true },
  'udp-only': { warns: false },
  'other-group': { warns: false },
  disabled: { warns: false },
  'no-way-in': { warns: false },
  'not-running': { warns: false },
  unreachable: { warns: false },
  unhealthy: { warns: false },
  'not-ready': { warns: false },
  'no-endpoint': { warns: false },
  'same-endpoint': { warns: false },
  'no-address': { warns: false },
} as const

/** The stable names of why something is left out, as they are counted. */
export type FindingKind = keyof typeof kinds

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
  findings.filter(({ kind }) => kinds[kind].warns).map(sentenceOf)
