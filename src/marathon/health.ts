import type { Finding } from './findings.js'
import { shown } from './json.js'
import type { App } from './reply.js'
import type { Task } from './tasks.js'

/** Which running tasks get traffic (`--health`). */
export type HealthPolicy = 'auto' | 'strict' | 'ignore'

type Known = 'good' | 'bad' | 'unknown'

/** Why a task gets no traffic. */
export type Refusal = Pick<Finding, 'kind' | 'says'>

/** Why a task gets no traffic, undefined if it does; `isLive` tells whether it has some already. */
export type Admission = (task: Task, isLive: () => boolean) => Refusal | undefined

/**
 * Which tasks of an app get traffic (marathon-api §5). `strict`: known healthy; `ignore`: every running one; `auto`: not known
 * unhealthy, and a task of unknown health only if its app has no healthy one or if it is live already — after a change of leader
 * all health is unknown, and that must not empty anything. `readiness`: the same as `auto` by readiness checks, in addition.
 * `unreachable` counts LOST and UNREACHABLE tasks as running.
 */
export function admission(
  app: App,
  { health, readiness, unreachable }: { health: HealthPolicy; readiness: boolean; unreachable: boolean },
): Admission {
  const isPresent = (task: Task): boolean =>
    task.presence === 'running' || (unreachable && task.presence === 'unreachable')
  const healthy = healthRule(app, health, isPresent)
  const ready = readiness ? cautious(app, knownReadiness, isPresent, refusals.notReady) : always
  return (task, isLive) => (isPresent(task) ? (healthy(task, isLive) ?? ready(task, isLive)) : absent(task))
}

/** Whether a task may take over from others: known healthy, or of an app without health checks. */
export const isFit = (app: App, task: Task): boolean => app.healthChecks.length === 0 || knownHealth(task) === 'good'

/** What Marathon's health checks say of a task, all of which must be good. */
export function knownHealth({ alive }: Task): Known {
  if (alive.length === 0) return 'unknown'
  return alive.every(Boolean) ? 'good' : 'bad'
}

const always: Admission = () => undefined

const refusals = {
  unhealthy: {
    bad: { kind: 'unhealthy', says: 'is left out: a health check fails (healthCheckResults)' },
    unknown: {
      kind: 'unhealthy',
      says: 'is left out: its health is not known (no healthCheckResults), and other tasks of the app are healthy',
    },
  },
  notReady: {
    bad: { kind: 'not-ready', says: 'is left out: a readiness check has not passed (readinessCheckResults)' },
    unknown: {
      kind: 'not-ready',
      says: 'is left out: whether it is ready is not known (no readinessCheckResults), and other tasks of the app are',
    },
  },
  notKnownHealthy: { kind: 'unhealthy', says: 'is left out: it is not known to be healthy (--health strict)' },
} as const satisfies Record<string, Refusal | Record<string, Refusal>>

/** A task that does not run, in the words of its state. */
function absent({ state, presence }: Task): Refusal {
  const why = state === undefined ? 'has not started (no startedAt)' : `is in state ${shown(state).slice(1, -1)}`
  return presence === 'unreachable'
    ? { kind: 'unreachable', says: `is left out: it ${why} (see --unreachable)` }
    : { kind: 'not-running', says: `is left out: it ${why}` }
}

function healthRule(app: App, policy: HealthPolicy, isPresent: (task: Task) => boolean): Admission {
  if (policy === 'ignore' || app.healthChecks.length === 0) return always
  if (policy === 'auto') return cautious(app, knownHealth, isPresent, refusals.unhealthy)
  return (task) => (knownHealth(task) === 'good' ? undefined : refusals.notKnownHealthy)
}

/** What is known decides; what is unknown counts where it is live already, or where nothing is known to be good. */
function cautious(
  app: App,
  knownOf: (task: Task) => Known,
  isPresent: (task: Task) => boolean,
  refusal: Record<'bad' | 'unknown', Refusal>,
): Admission {
  const someGood = app.tasks.some((task) => isPresent(task) && knownOf(task) === 'good')
  return (task, isLive) => {
    const known = knownOf(task)
    if (known === 'bad') return refusal.bad
    return known === 'good' || !someGood || isLive() ? undefined : refusal.unknown
  }
}

function knownReadiness({ ready }: Task): Known {
  if (ready === undefined) return 'unknown'
  return ready ? 'good' : 'bad'
}
