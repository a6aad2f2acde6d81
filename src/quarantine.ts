import type { Draft } from './compose.js'
import { UpdaterError } from './errors.js'
import { findCulprit } from './haproxy/culprits.js'
import { explain, readRejection } from './haproxy/rejection.js'
import type { Verdict } from './haproxy/validate.js'
import type { Quarantined } from './live/state.js'
import type { Service } from './marathon/services.js'
import type { Configuration } from './render/configuration.js'

/** A search for the services that HAProxy rejects a draft for: those that may be at fault, and whether any was found to be. */
export interface Search {
  suspects: Service[]
  isNew: boolean
  /** In ms since 1970. */
  started: number
  check: (configuration: Configuration) => Promise<Verdict>
}

const mostCulprits = 16
const searchLimit = 10_000
const tryAgainAfter = 15 * 60_000

/**
 * A rejected draft without one service that it is rejected for, which is named in a warning and remembered; undefined where the fault
 * is not with services, or the search is given up: with 16 of them left out, or after 10 seconds.
 */
export async function withoutCulprit(draft: Draft, search: Search): Promise<Draft | undefined> {
  const { services, render } = draft
  const { suspects, started, check } = search
  const rejected = async (some: Service[]) => {
    const tried = await render(some)
    const verdict = await check(tried)
    // Without the apps that have listeners, it may be that nothing is listened to.
    return verdict.how === 'rejected' && !verdict.isIdle ? readRejection(verdict.output, tried.text) : undefined
  }
  const before = Object.keys(draft.quarantine).length
  if (before >= mostCulprits || (search.isNew && (await rejected([])))) return undefined
  const culprit = await findCulprit(suspects, rejected, () => Date.now() - started > searchLimit)
  const service = culprit && suspects[culprit.at]
  if (!service) return undefined
  search.isNew = false
  search.suspects = suspects.slice(culprit.at + 1)
  const kept = services.filter((one) => one !== service)
  const reason = explain(culprit.rejection, service)
  const entry = { hash: await hashOf(service, render), reason, since: started }
  return {
    ...draft,
    services: kept,
    configuration: await render(kept),
    quarantine: { ...draft.quarantine, [service.backend]: entry },
    warnings: [...draft.warnings, warningOf(service, reason)],
  }
}

/** The services without those in quarantine, of which nothing that is rendered has changed; these stay remembered. */
export async function leaveOut(
  services: Service[],
  before: Readonly<Record<string, Quarantined>>,
  render: Draft['render'],
): Promise<Pick<Draft, 'quarantine' | 'warnings'> & { kept: Service[] }> {
  const left = new Map<Service, Quarantined>()
  for (const service of services) {
    const entry = Object.hasOwn(before, service.backend) ? before[service.backend] : undefined
    if (entry && entry.hash === (await hashOf(service, render))) left.set(service, entry)
  }
  return {
    kept: services.filter((service) => !left.has(service)),
    quarantine: Object.fromEntries([...left].map(([service, entry]) => [service.backend, entry])),
    warnings: [...left].map(([service, { reason }]) => warningOf(service, reason)),
  }
}

/** Whoever is in quarantine is tried again after a while: a file that was missing, or HAProxy itself, may be another by now. */
export function stillQuarantined(
  quarantine: Readonly<Record<string, Quarantined>>,
  now: number,
): Record<string, Quarantined> {
  const isRecent = ({ since }: Quarantined): boolean => since <= now && now - since < tryAgainAfter
  return Object.fromEntries(Object.entries(quarantine).filter(([, entry]) => isRecent(entry)))
}

/** Throws `invalid-config` for services in quarantine where the operator lets none be left out (`--strict`). */
export function refuseQuarantined({ quarantine }: Draft): void {
  const reasons = Object.entries(quarantine).map(([backend, { reason }]) => `${backend}: ${reason}`)
  if (reasons.length === 0) return
  throw new UpdaterError(
    'invalid-config',
    `haproxy -c rejects the rendered text, the live file is untouched: ${reasons.join('; ')}; mend the label or template, or run ` +
      'without --strict',
  )
}

const warningOf = ({ appId, portIndex }: Service, reason: string): string =>
  `${appId} port ${portIndex} is left out: ${reason}`

/** What is rendered of a service alone; its servers come and go without a part in this. */
const hashOf = async (service: Service, render: Draft['render']): Promise<string> =>
  (await render([{ ...service, servers: [] }])).marker
