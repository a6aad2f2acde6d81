import type { App, Task } from './reply.js'

/** Which running tasks get traffic (`--health`). */
export type HealthPolicy = 'auto' | 'strict' | 'ignore'

type Health = 'healthy' | 'unhealthy' | 'unknown'

/**
 * Which tasks of an app get traffic (marathon-api §5). `strict`: known healthy; `ignore`: every running one; `auto`: not known
 * unhealthy, and a task of unknown health only if its app has no healthy one or if it is live already — after a change of leader
 * all health is unknown, and that must not empty anything. `unreachable` counts LOST and UNREACHABLE tasks as running.
 */
export function admission(
  app: App,
  policy: HealthPolicy,
  unreachable: boolean,
): (task: Task, isLive: () => boolean) => boolean {
  const present = (task: Task): boolean =>
    task.presence === 'running' || (unreachable && task.presence === 'unreachable')
  if (policy === 'ignore' || app.healthChecks.length === 0) return present
  if (policy === 'strict') return (task) => present(task) && healthOf(task) === 'healthy'
  const someHealthy = app.tasks.some((task) => present(task) && healthOf(task) === 'healthy')
  return (task, isLive) => {
    const health = healthOf(task)
    return present(task) && health !== 'unhealthy' && (health === 'healthy' || !someHealthy || isLive())
  }
}

function healthOf(task: Task): Health {
  if (task.alive.length === 0) return 'unknown'
  return task.alive.every(Boolean) ? 'healthy' : 'unhealthy'
}
