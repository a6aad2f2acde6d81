import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { admission } from '../../src/marathon/health.js'
import { type App, readApps } from '../../src/marathon/reply.js'
import { app, httpCheck, type TaskSpec } from '../support/apps.js'

const read = (raw: Record<string, unknown>): App => readApps({ apps: [{ id: '/web', ...raw }] }, false).apps[0] as App

describe('the readiness of a task', () => {
  const [before, now] = ['2024-01-01T00:00:00.000Z', '2024-02-01T00:00:00.000Z']
  const checks = [{ name: 'up' }, { name: 'warm' }]

  interface Setting {
    readinessChecks?: unknown
    results?: unknown
    deployments?: unknown
    version?: unknown
  }

  /** That of a task of an app whose version is `now`. */
  const readiness = ({ readinessChecks = checks, results, deployments, version = now }: Setting) =>
    read({
      version: now,
      readinessChecks,
      readinessCheckResults: results,
      deployments,
      tasks: [{ id: 'a', version }],
    }).tasks[0]?.ready

  const result = (ready: unknown, taskId: unknown = 'a') => ({ name: 'up', taskId, ready })

  it('is given by its results, all of them', () => {
    assert.equal(readiness({ results: [result(true)] }), true)
    assert.equal(readiness({ results: [result(true), result(true)] }), true)
    assert.equal(readiness({ results: [result(true), result(false)] }), false)
    for (const odd of [null, 'true', 1, undefined]) assert.equal(readiness({ results: [result(odd)] }), false)
  })

  it('without a result is not known while its version is being deployed, and given before and after', () => {
    const deployments = [{ id: 'd' }]
    for (const results of [undefined, null, [], [null, 5, result(false, 'b')]]) {
      assert.equal(readiness({ results, deployments }), undefined)
      assert.equal(readiness({ results, deployments, version: before }), true)
      for (const none of [undefined, null, []]) assert.equal(readiness({ results, deployments: none }), true)
    }
  })

  it('is given where the app has no readiness checks', () => {
    for (const readinessChecks of [null, [], {}]) {
      assert.equal(readiness({ readinessChecks, results: [result(false)], deployments: [{}] }), true)
    }
  })
})

describe('the tasks that get traffic with --readiness', () => {
  /** Tasks of an app that is being deployed, by what is known of their readiness; those of the older version have none. */
  const kinds = {
    ready: {},
    notReady: {},
    unknown: {},
    unhealthy: { health: 'unhealthy' },
    gone: { state: 'TASK_KILLING' },
    lost: { state: 'TASK_LOST' },
    old: { version: '2023-01-01T00:00:00.000Z' },
  } satisfies Record<string, TaskSpec>
  type Kind = keyof typeof kinds
  const results = (Object.keys(kinds) as Kind[])
    .filter((kind) => kind !== 'unknown' && kind !== 'old')
    .map((taskId) => ({ name: 'up', taskId, ready: taskId !== 'notReady' }))

  interface Setting {
    of?: Kind[]
    readiness?: boolean
    live?: Kind[]
    unreachable?: boolean
  }

  function admitted({ of = Object.keys(kinds) as Kind[], readiness = true, live = [], unreachable = false }: Setting) {
    const raw = app('/web', {
      healthChecks: [httpCheck],
      readinessChecks: [{ name: 'up' }],
      readinessCheckResults: results,
      deployments: [{ id: 'd' }],
      tasks: of.map((kind) => ({ id: kind, ...kinds[kind] })),
    })
    const given = readApps({ apps: [raw] }, false).apps[0] as App
    const admit = admission(given, { health: 'auto', readiness, unreachable })
    return given.tasks.filter((task) => !admit(task, () => live.includes(task.id as Kind))).map(({ id }) => id)
  }

  it('are the ready ones of those that would get it anyway, and those of the version before', () => {
    assert.deepEqual(admitted({}), ['old', 'ready'])
    assert.deepEqual(admitted({ unreachable: true }), ['lost', 'old', 'ready'])
  })

  it('are those of unknown readiness only if they are live, or if none is ready', () => {
    assert.deepEqual(admitted({ live: ['unknown', 'notReady', 'gone'] }), ['old', 'ready', 'unknown'])
    assert.deepEqual(admitted({ of: ['unknown', 'notReady'] }), ['unknown'])
    assert.deepEqual(admitted({ of: ['unknown', 'gone', 'lost'] }), ['unknown'], 'what does not run is not ready')
  })

  it('are all without --readiness, whatever Marathon says of it', () => {
    assert.deepEqual(admitted({ readiness: false }), ['notReady', 'old', 'ready', 'unknown'])
  })
})
