import type { Draft } from './compose.js'
import { UpdaterError } from './errors.js'
import { findCulprit } from './haproxy/culprits.js'
import { explain, isNamedBy, type Rejection, readRejection } from './haproxy/rejection.js'
import type { Verdict } from './haproxy/validate.js'
import type { Quarantine, Quarantined } from './live/state.js'
import { type Finding, sentenceOf } from './marathon/findings.js'
import type { Service } from './marathon/services.js'
import type { Configuration } from './render/configuration.js'

/** A search for the services that HAProxy rejects a draft for: with which draft and when (ms since 1970) it began, and how it checks. */
export interface Search {
  first: Draft
  started: number
  check: (configuration: Configuration) => Promise<Verdict>
}

const mostApps = 16
const searchLimit = 10_000
const tryAgainAfter = 15 * 60_000

/**
 * A draft without one service that HAProxy rejects it for, in the words of `rejection`; undefined where the fault is not with services,
 * or the search is given up: with services of 16 apps left out, or after 10 seconds.
 */
export async function withoutCulprit(draft: Draft, rejection: Rejection, search: Search): Promise<Draft | undefined> {
  const { services, render } = draft
  const rejected = async (some: Service[]): Promise<Rejection | undefined> => {
    const tried = await render(some)
    const verdict = await search.check(tried)
    // Without the apps that have listeners, it may be that nothing is listened to.
    return verdict.how === 'rejected' && !verdict.isIdle ? readRejection(verdict.output, tried.text) : undefined
  }
  const isOver = (): boolean => Date.now() - search.started > searchLimit
  if (isOver() || appsIn(draft.quarantine) >= mostApps) return undefined
  if (draft === search.first && (await rejected([]))) return undefined
  const culprit = (await namedCulprit(services, rejection, rejected)) ?? (await findCulprit(services, rejected, isOver))
  const service = culprit && services[culprit.at]
  return service && draft.leaveOut(service, explain(culprit.rejection, service), search.started)
}

/** HAProxy often names the section at fault; whether it is that alone, one try tells. */
async function namedCulprit(
  services: Service[],
  rejection: Rejection,
  rejected: (some: Service[]) => Promise<Rejection | undefined>,
) {
  const at = services.findIndex((service) => isNamedBy(rejection, service))
  const alone = at < 0 ? undefined : await rejected(services.slice(at, at + 1))
  return alone && { at, rejection: alone }
}

const appsIn = (quarantine: Quarantine): number => new Set(Object.values(quarantine).map(({ appId }) => appId)).size

/** Gives the hash of what is rendered of a service alone; its servers come and go without a part in this. */
export type Hashes = (service: Service) => Promise<string>

/** Hashes of services by what this renders. */
export const hashesBy =
  (render: Draft['render']): Hashes =>
  async (service) =>
    (await render([{ ...service, servers: [] }])).marker

/** Of those in quarantine, the services that are there and of which nothing that is rendered has changed. */
export async function stillLeftOut(services: Service[], before: Quarantine, hashes: Hashes): Promise<Quarantine> {
  const left: [string, Quarantined][] = []
  for (const service of services) {
    const entry = Object.hasOwn(before, service.backend) ? before[service.backend] : undefined
    if (entry && entry.hash === (await hashes(service))) left.push([service.backend, entry])
  }
  return Object.fromEntries(left)
}

/** A quarantine with a service more, which is remembered as it was before it lost anything to others. */
export async function withEntry(
  quarantine: Quarantine,
  services: Service[],
  { backend, appId, portIndex }: Service,
  { reason, now, hashes }: { reason: string; now: number; hashes: Hashes },
): Promise<Quarantine> {
  const whole = services.find((service) => service.backend === backend)
  const hash = whole ? await hashes(whole) : ''
  return { ...quarantine, [backend]: { appId, portIndex, hash, reason, since: now } }
}

/** One finding for each service in quarantine. */
export const findingsOf = (quarantine: Quarantine): Finding[] =>
  Object.values(quarantine).map(({ appId, portIndex, reason }) => ({
    kind: 'rejected',
    appId,
    portIndex,
    says: `is left out: ${reason}`,
  }))

/** Whoever is in quarantine is tried again after a while: a file that was missing, or HAProxy itself, may be another by now. */
export function recentOf(quarantine: Quarantine, now: number): Quarantine {
  const isRecent = ({ since }: Quarantined): boolean => since <= now && now - since < tryAgainAfter
  return Object.fromEntries(Object.entries(quarantine).filter(([, entry]) => isRecent(entry)))
}

/** Throws `invalid-config` for services in quarantine where the operator lets none be left out (`--strict`). */
export function refuseQuarantined({ quarantine }: Draft): void {
  const reasons = findingsOf(quarantine).map(sentenceOf)
  if (reasons.length === 0) return
  throw new UpdaterError(
    'invalid-config',
    `haproxy -c rejects the rendered text, the live file is untouched: ${reasons.join('; ')}; mend the label or template, or run ` +
      'without --strict',
  )
}
