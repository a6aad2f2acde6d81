import type { Draft } from '../compose.js'
import { type Deployment, deploymentOf } from '../marathon/deployment-groups.js'
import type { Finding } from '../marathon/findings.js'
import { LabelError } from '../marathon/labels.js'
import { portsOf } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import { backendName } from '../render/names.js'
import { reasonIn } from './left-out.js'

/** What a draft says of apps, the services made of them, and what is left out. */
export type Routed = Pick<Draft, 'apps' | 'services' | 'findings'>

/**
 * Who serves a port of an app: itself, or the oldest app of its deployment group, of whose service it has become a part. `service` is
 * undefined where that is left out.
 */
export function servingOf(app: App, portIndex: number, routed: Routed): { owner: App; service: Service | undefined } {
  const own = serviceOf(app, portIndex, routed)
  const isAlone = own !== undefined || whyLeftOut(app, portIndex, routed) !== undefined
  const owner = isAlone ? app : (membersOf(app, portIndex, routed)[0] ?? app)
  return { owner, service: own ?? serviceOf(owner, portIndex, routed) }
}

/** The other apps whose servers and hosts are part of this one's service of a port. */
export const mergedInto = (owner: App, portIndex: number, routed: Routed): App[] =>
  membersOf(owner, portIndex, routed).filter(
    (app) => app !== owner && servingOf(app, portIndex, routed).owner === owner,
  )

/** The apps of a deployment group that have this port and labels that make sense, oldest first. */
function membersOf(app: App, portIndex: number, routed: Routed): App[] {
  const group = groupOf(app)?.group
  const startedAt = (member: App): number => groupOf(member)?.startedAt ?? 0
  if (group === undefined) return []
  return routed.apps
    .filter((other) => groupOf(other)?.group === group && portsOf(other).length > portIndex)
    .filter(({ id }) => !routed.findings.some((finding) => isOfPort(finding, id, portIndex) && isUnwanted(finding)))
    .sort((a, b) => startedAt(a) - startedAt(b))
}

/** What HAProxy rejects has been merged before. */
const isUnwanted = ({ kind, says }: Finding): boolean => kind !== 'rejected' && reasonIn(says) !== undefined

/** Why a port is left out, undefined where it is not. */
export const whyLeftOut = ({ id }: App, portIndex: number, { findings }: Routed): string | undefined =>
  findings
    .filter((finding) => isOfPort(finding, id, portIndex))
    .map(({ says }) => reasonIn(says))
    .find((reason) => reason !== undefined)

/** Whether something was found of a port, and not of one of its tasks. */
export const isOfPort = (finding: Finding, id: string, port: number): boolean =>
  finding.appId === id && finding.portIndex === port && finding.taskId === undefined

/** The deployment group of an app; undefined where it is in none, or its labels make no sense. */
export function groupOf(app: App): Deployment | undefined {
  try {
    return deploymentOf(app)
  } catch (error) {
    if (error instanceof LabelError) return undefined
    throw error
  }
}

function serviceOf({ id }: App, portIndex: number, { services }: Routed): Service | undefined {
  const name = backendName(id, portIndex)
  return services.find(({ backend }) => backend === name)
}
