import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leftOutLines, sumLine } from '../../src/routes/left-out.js'
import type { LeftOut } from '../../src/routes/report.js'
import { type AppSpec, app, httpCheck } from '../support/apps.js'
import { sceneOf } from './scene.js'

const tasks = [
  ...([{ health: 'unhealthy' }, { health: 'unhealthy' }, { health: 'unhealthy' }, {}] as const),
  { id: 'x\u001b[31m', state: 'TASK_KILLING' },
]
const scene = sceneOf([
  app('/a', { ports: [10001, 10002], healthChecks: [httpCheck], tasks: [...tasks] }),
  app('/b', { ports: [10001], labels: { HAPROXY_0_X: '' } }),
  app('/c', { ports: [10001, 10003, 0, 0], labels: { HAPROXY_1_ENABLED: 'no' } }),
  app('/?'),
])

describe('what is left out', () => {
  it('is one line for each reason of an app, with a count for tasks, and nothing that a terminal obeys', () => {
    assert.deepEqual(leftOutLines(scene.report.leftOut), [
      '/a ports 0, 1: 3 tasks: a health check fails (healthCheckResults)',
      '/a ports 0, 1 task x\\u{1b}[31m: it is in state TASK_KILLING',
      '/b port 0: label "HAPROXY_0_X" is not one that this version knows',
      '/c port 0 does not get service port 10001: /a port 0 has it',
      '/c port 1: its label HAPROXY_1_ENABLED is false',
      '/c ports 2, 3: it has neither a service port nor a host',
      'an app with the impossible id "/?" is left out',
    ])
  })

  it('names a few ports of many', () => {
    const leftOut = Array.from(
      { length: 12 },
      (_, port): LeftOut => ({ app: '/a', port, task: null, kind: 'udp-only', says: 'is left out: x' }),
    )
    assert.deepEqual(leftOutLines(leftOut), ['/a ports 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more: x'])
  })

  it('is counted, a task once however many ports it has', () => {
    assert.equal(
      sumLine(4, scene.report),
      '4 apps, 3 services, 3 servers; left out: 4 ports, 4 tasks; 2 other warnings',
    )
    const sumOf = (spec: AppSpec): string => sumLine(1, sceneOf([app('/a', spec)]).report)
    assert.equal(sumOf({}), '1 app, 1 service, 1 server; nothing left out')
    assert.equal(sumOf({ ports: [0] }), '1 app, 0 services, 0 servers; left out: 1 port')
    assert.equal(sumOf({ tasks: [{ host: 'lost' }] }), '1 app, 1 service, 0 servers; left out: 1 task; 1 other warning')
  })
})
