import type { App } from './reply.js'
import type { Task } from './tasks.js'

/** Which running tasks get traffic (`--health`). */
export type HealthPolicy = 'auto' | 'strict' | 'ignore'

type Known = 'good' | 'bad' | 'unknown'

/** Whether a task gets traffic; `isLive` tells whether it has some already. */
export type Admission = (task: Task, isLive: () => boolean) => boolean

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
  const ready = readiness ? cautious(app, knownReadiness, isPresent) : always
  return (task, isLive) => isPresent(task) && healthy(task, isLive) && ready(task, isLive)
}

/** Whether a task may take over from others: known healthy, or of an app without health checks. */
export const isFit = (app: App, task: Task): boolean => app.healthChecks.length === 0 || knownHealth(task) === 'good'

const always: Admission = () => true

function healthRule(app: App, policy: HealthPolicy, isPresent: (task: Task) => boolean): Admission {
  if (policy === 'ignore' || app.healthChecks.length === 0) return always
  return policy === 'strict' ? (task) => knownHealth(task) === 'good' : cautious(app, knownHealth, isPresent)
}

/** What is known decides; what is unknown counts where it is live already, or where nothing is known to be good. */
function cautious(app: App, knownOf: (task: Task) => Known, isPresent: (task: Task) => boolean): Admission {
  const someGood = app.tasks.some((task) => isPresent(task) && knownOf(task) === 'good')
  return (task, isLive) => {
    const known = knownOf(task)
    return known === 'good' || (known === 'unknown' && (!someGood || isLive()))
  }
}

function knownHealth({ alive }: Task): Known {
  if (alive.length === 0) return 'unknown'
  return alive.every(Boolean) ? 'good' : 'bad'
}

function knownReadiness({ ready }: Task): Known {
  if (ready === undefined) return 'unknown'
  return ready ? 'good' : 'bad'
}
