import { shown } from './json.js'

/**
 * Why something is left out, by the stable name by which it is counted. `warned`: an operator or an app's owner has something to mend and
 * is told; the rest comes and goes as it is meant to.
 */
export const findingKinds = {
  'impossible-id': { warned: true, means: 'an app whose id Marathon does not allow' },
  'too-many-ports': { warned: true, means: 'the ports of an app beyond 1000' },
  'bad-label': { warned: true, means: 'a port with a label that makes no sense' },
  'idle-label': { warned: true, means: 'a label that is of no effect; its port is served' },
  conflict: { warned: true, means: 'a host, path or service port that another has; the rest of the port is served' },
  'unknown-agent': { warned: true, means: 'an agent whose name has no address; its tasks are no-address' },
  'no-listener': {
    warned: true,
    means: 'a service port or stats page that cannot be listened on; hosts and paths are served',
  },
  rejected: { warned: true, means: 'a port that HAProxy rejects' },
  'udp-only': { warned: false, means: 'a port whose protocol is udp' },
  'other-group': { warned: false, means: 'a port that is in none of the groups of --group' },
  disabled: { warned: false, means: 'a port that HAPROXY_n_ENABLED, or --require-enabled, leaves out' },
  'no-way-in': { warned: false, means: 'a port with neither a service port nor a host' },
  'not-running': { warned: false, means: 'a task that does not run, or not yet' },
  unreachable: { warned: false, means: 'a task that is lost or whose agent is not reached, without --unreachable' },
  unhealthy: { warned: false, means: 'a task that fails a health check, or that --health wants to be known healthy' },
  'not-ready': { warned: false, means: 'a task that has not passed its readiness checks, with --readiness' },
  'no-endpoint': { warned: false, means: 'a task that has no such port, or no host or address' },
  'same-endpoint': { warned: false, means: 'a task at the host and port of another of its app' },
  'no-address': { warned: false, means: 'a task at an agent whose name has no address' },
} as const satisfies Record<string, { warned: boolean; means: string }>

/** The stable name of why something is left out. */
export type FindingKind = keyof typeof findingKinds

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
  findings.filter(({ kind }) => findingKinds[kind].warned).map(sentenceOf)
