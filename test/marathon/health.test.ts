import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { admission, type HealthPolicy, isFit } from '../../src/marathon/health.js'
import { type App, readApps } from '../../src/marathon/reply.js'
import type { Task } from '../../src/marathon/tasks.js'
import { app, httpCheck, type TaskSpec } from '../support/apps.js'

const result = (alive: boolean) => ({ alive })

/** One task of each kind that Marathon lists; `unknown` is a new task, or any after a change of leader. */
const kinds = {
  healthy: { health: 'healthy' },
  halfHealthy: { healthCheckResults: [result(true), result(false)] },
  oneOfTwoChecks: { healthCheckResults: [result(true), null] },
  unhealthy: { health: 'unhealthy' },
  unknown: { health: 'unknown' },
  staging: { state: 'TASK_STAGING', health: 'unknown' },
  killing: { state: 'TASK_KILLING' },
  finished: { state: 'TASK_FINISHED' },
  lost: { state: 'TASK_LOST' },
  unreachable: { state: 'TASK_UNREACHABLE' },
  unreachableUnhealthy: { state: 'TASK_UNREACHABLE', health: 'unhealthy' },
} satisfies Record<string, TaskSpec>
type Kind = keyof typeof kinds

const appWith = (listed: Kind[], healthChecks: Record<string, unknown>[]): App =>
  readApps(
    { apps: [app('/web', { healthChecks, tasks: listed.map((kind) => ({ id: kind, ...kinds[kind] })) })] },
    false,
  ).apps[0] as App

interface Setting {
  unreachable?: boolean
  live?: Kind[]
  healthChecks?: Record<string, unknown>[]
  of?: Kind[]
}

/** The kinds that get traffic, in the order above. */
function admitted(
  policy: HealthPolicy,
  { unreachable = false, live = [], healthChecks = [httpCheck], of = Object.keys(kinds) as Kind[] }: Setting = {},
): string[] {
  const given = appWith(of, healthChecks)
  const admit = admission(given, { health: policy, readiness: false, unreachable })
  const ids = given.tasks.filter((task) => !admit(task, () => live.includes(task.id as Kind))).map(({ id }) => id)
  return Object.keys(kinds).filter((kind) => ids.includes(kind))
}

describe('the tasks that get traffic', () => {
  it('with --health auto are the healthy ones, and the unknown ones only if they are live', () => {
    assert.deepEqual(admitted('auto'), ['healthy', 'oneOfTwoChecks'])
    assert.deepEqual(admitted('auto', { live: ['unknown', 'unhealthy', 'staging'] }), [
      'healthy',
      'oneOfTwoChecks',
      'unknown',
    ])
  })

  it('say why the others get none', () => {
    const why = (policy: HealthPolicy, kind: Kind): string => {
      const given = appWith(['healthy', kind], [httpCheck])
      const task = given.tasks.find(({ id }) => id === kind)
      assert.ok(task)
      return admission(given, { health: policy, readiness: false, unreachable: false })(task, () => false)?.says ?? ''
    }
    assert.match(why('auto', 'unhealthy'), /a health check fails/)
    assert.match(why('auto', 'unknown'), /not known .* other tasks of the app are healthy/)
    assert.match(why('strict', 'unknown'), /--health strict/)
    assert.match(why('ignore', 'staging'), /in state TASK_STAGING$/)
    assert.match(why('ignore', 'lost'), /in state TASK_LOST \(see --unreachable\)/)
    const old = readApps({ apps: [{ id: '/old', tasks: [{ id: 'x', startedAt: null }] }] }, false).apps[0] as App
    const says = admission(old, { health: 'auto', readiness: false, unreachable: false })(
      old.tasks[0] as Task,
      () => false,
    )
    assert.match(says?.says ?? '', /has not started \(no startedAt\)/)
  })

  it('with --health auto are the unknown ones where none is healthy, as after a change of leader', () => {
    assert.deepEqual(admitted('auto', { of: ['unknown', 'unhealthy', 'killing'] }), ['unknown'])
    assert.deepEqual(admitted('auto', { of: ['unknown', 'lost'] }), ['unknown'], 'what is lost is no healthy one')
  })

  it('are none where all are unhealthy', () => {
    assert.deepEqual(admitted('auto', { of: ['unhealthy', 'halfHealthy'], live: ['unhealthy', 'halfHealthy'] }), [])
  })

  it('with --health strict are the healthy ones only, live or not', () => {
    assert.deepEqual(admitted('strict', { live: ['unknown'] }), ['healthy', 'oneOfTwoChecks'])
    assert.deepEqual(admitted('strict', { of: ['unknown'] }), [])
  })

  it('with --health ignore are all that run', () => {
    assert.deepEqual(admitted('ignore'), ['healthy', 'halfHealthy', 'oneOfTwoChecks', 'unhealthy', 'unknown'])
  })

  it('are all that run where the app declares no health check', () => {
    for (const policy of ['auto', 'strict', 'ignore'] as const) {
      assert.deepEqual(admitted(policy, { healthChecks: [], of: ['unknown', 'staging', 'killing', 'lost'] }), [
        'unknown',
      ])
    }
  })

  it('with --unreachable are those of a partitioned agent too, if they were healthy', () => {
    const of: Kind[] = ['healthy', 'lost', 'unreachable', 'unreachableUnhealthy']
    assert.deepEqual(admitted('strict', { of, unreachable: true }), ['healthy', 'lost', 'unreachable'])
    assert.deepEqual(admitted('auto', { of, unreachable: true }), ['healthy', 'lost', 'unreachable'])
    assert.deepEqual(admitted('ignore', { of, unreachable: true }), of)
    assert.deepEqual(admitted('ignore', { of, unreachable: false }), ['healthy'])
  })
})

describe('a task that may take over from others', () => {
  const fit = (healthChecks: Record<string, unknown>[]): string[] => {
    const given = appWith(Object.keys(kinds) as Kind[], healthChecks)
    const ids = given.tasks.filter((task) => isFit(given, task)).map(({ id }) => id)
    return ['healthy', 'halfHealthy', 'oneOfTwoChecks', 'unhealthy', 'unknown'].filter((kind) => ids.includes(kind))
  }

  it('is known to be healthy, or of an app without health checks', () => {
    assert.deepEqual(fit([httpCheck]), ['healthy', 'oneOfTwoChecks'])
    assert.deepEqual(fit([]), ['healthy', 'halfHealthy', 'oneOfTwoChecks', 'unhealthy', 'unknown'])
  })
})
