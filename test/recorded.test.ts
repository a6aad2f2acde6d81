import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readApps } from '../src/marathon/reply.js'
import { recorded } from '../src/recorded.js'
import { cluster } from './render/cluster.js'
import { distinctApps } from './support/any-apps.js'
import { assertFaithful } from './support/faithful.js'
import { hostileApp } from './support/hostile.js'
import { randomFrom, shuffled } from './support/random.js'

describe('a recorded reply', () => {
  it('leads to the same configuration and findings as the reply, and is recorded as it is', async () => {
    await assertFaithful(cluster)
    await fc.assert(fc.asyncProperty(distinctApps, assertFaithful), { numRuns: 30 })
  })

  it('does so for replies in which something else stands than should', async () => {
    const random = randomFrom(1)
    for (let round = 0; round < 20; round++)
      await assertFaithful(Array.from({ length: 8 }, (_, at) => hostileApp(at, random)))
  })

  it('does so for replies of an older Marathon, and during a deployment', async () => {
    const started = { host: '10.0.0.1', ports: [31000], startedAt: '2014-09-01T10:00:05.000Z' }
    const running = { host: '10.0.0.1', state: 'TASK_RUNNING', ipAddresses: [{ ipAddress: '192.168.0.2' }] }
    const [good, bad] = ['2014-09-01T10:00:09.000Z', '2014-09-01T10:00:08.000Z']
    const results = [null, { lastSuccess: good, lastFailure: bad }]
    const failing = [{ lastSuccess: bad, lastFailure: good }]
    const portMappings = [
      { containerPort: 80, servicePort: 9001, protocol: 'udp,tcp' },
      { containerPort: 81, protocol: 'udp' },
    ]
    await assertFaithful([
      {
        id: 'old',
        ports: [9000],
        healthChecks: [{ port: 9999 }],
        tasks: [
          { ...started, healthCheckResults: results },
          { ...started, ports: [31006], healthCheckResults: failing },
          { id: 'x' },
        ],
      },
      { id: '/calico', ports: [9001], container: { docker: { network: 'USER', portMappings } }, tasks: [running] },
      {
        id: '/ip',
        ports: [9002],
        ipAddress: { discovery: { ports: [{ number: 82 }, { number: 83, protocol: 'udp' }] } },
        tasks: [running],
      },
      {
        id: '/new',
        ports: [9003],
        version: 'v2',
        readinessChecks: [{ name: 'ready' }],
        readinessCheckResults: [
          { taskId: 'a', ready: true },
          { taskId: 'b', ready: false },
        ],
        deployments: [{ id: 'x' }],
        tasks: [
          ...['a', 'b', 'c'].map((id, at) => ({ ...started, id, version: 'v2', ports: [31001 + at] })),
          { ...started, id: 'd', version: 'v1', ports: [31005] },
        ],
      },
    ])
  })

  it('holds no tasks where the reply embeds none, which is refused as the reply is', () => {
    const { apps } = JSON.parse(recorded([{ id: '/a', tasksRunning: 3 }]))
    assert.throws(() => readApps({ apps }, false), { exit: 'bad-reply' })
  })

  it('does so for what is no app', async () => {
    await assertFaithful([null, 'x', 7, [], {}, { id: 7 }, { id: ['/a'] }, { id: { toString: 1 } }, { id: 'rootless' }])
    await assertFaithful([{ id: '/a', ipAddress: [], ports: ['x', 10000], tasks: [null, 'x', { id: 7, host: 'a' }] }])
  })

  it('is the same in whatever order Marathon replies', () => {
    const random = randomFrom(2)
    const mixed = shuffled(cluster, random).map((one) => ({
      ...one,
      tasks: shuffled(one['tasks'] as unknown[], random),
    }))
    assert.equal(recorded(mixed), recorded(cluster))
    assert.match(recorded(cluster), /^\{\n {2}"apps": \[\n {4}\{\n {6}"id": "\/cache\/my_own",\n {6}"version": /)
  })
})
