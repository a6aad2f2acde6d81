import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { app, httpCheck } from '../support/apps.js'
import { sceneOf } from './scene.js'

const server = (task: string, port: number, more = {}) => ({
  task,
  host: '127.0.0.1',
  address: '127.0.0.1',
  port,
  health: 'unchecked',
  draining: false,
  ...more,
})

describe('a report of routes', () => {
  it('has each service with its ways in and its servers', () => {
    const labels = { HAPROXY_0_VHOST: 'b.test,a.test', HAPROXY_0_PATH: '/y /x', HAPROXY_1_MODE: 'http' }
    const { report } = sceneOf([app('/shop/web', { ports: [10001, 10002, 10003], labels })], { byAppId: true })
    const task = 'shop_web.instance-0._app.1'
    assert.deepEqual(report, {
      schema: 1,
      answered: 'http://marathon.test',
      services: [
        {
          app: '/shop/web',
          port: 0,
          backend: 'shop_web_0',
          mode: 'http',
          routes: ['/x', '/y']
            .flatMap((path) => ({ host: 'a.test', path }))
            .concat(['/x', '/y'].map((path) => ({ host: 'b.test', path }))),
          listener: '*:10001',
          byAppId: true,
          servers: [server(task, 31010)],
        },
        {
          ...{ app: '/shop/web', port: 1, backend: 'shop_web_1', mode: 'http', routes: [], listener: '*:10002' },
          byAppId: false,
          servers: [server(task, 31020)],
        },
        {
          ...{ app: '/shop/web', port: 2, backend: 'shop_web_2', mode: 'tcp', routes: [], listener: '*:10003' },
          byAppId: false,
          servers: [server(task, 31030)],
        },
      ],
      leftOut: [],
    })
  })

  it('says by app id what the frontend of app ids routes, and nothing where there is none', () => {
    const labels = { HAPROXY_0_MODE: 'tcp', HAPROXY_1_MODE: 'http' }
    const apps = [
      app('/Web', { ports: [10003], labels: { HAPROXY_0_MODE: 'http' } }),
      app('/web', { ports: [10001, 10002], labels }),
    ]
    const reached = (byAppId: boolean): string[] =>
      sceneOf(apps, { byAppId })
        .report.services.filter((service) => service.byAppId)
        .map(({ backend }) => backend)
    assert.deepEqual([reached(true), reached(false)], [['Web_0'], []])
    assert.deepEqual(
      sceneOf(apps.slice(1), { byAppId: true }).report.services.map(({ byAppId }) => byAppId),
      [false, true],
    )
  })

  it('has what Marathon knows of the health of each server, wherever its app is merged', () => {
    const healths = ['healthy', 'unhealthy', 'unknown'] as const
    const tasks = healths.map((health) => ({ health }))
    const group = { HAPROXY_DEPLOYMENT_GROUP: 'g' }
    const green = { ...group, HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-01T00:00' }
    const apps = [
      app('/blue', { labels: group, tasks: 1 }),
      app('/green', { labels: green, healthChecks: [httpCheck], tasks, ports: [10001] }),
    ]
    const { services } = sceneOf(apps, { health: 'ignore' }).report
    assert.deepEqual(
      services.flatMap(({ servers }) =>
        servers.map(({ task, health, draining }) => [task.split('.')[0], health, draining]),
      ),
      [['blue', 'unchecked', true], ...healths.map((health) => ['green', health, false])],
    )
  })

  it('has routes in the order of hosts and paths, whoever wants them', () => {
    const mesosDns = { domain: 'mesos', framework: 'marathon' }
    const labels = { HAPROXY_0_VHOST: 'web.test', HAPROXY_0_PATH: '/' }
    const { services } = sceneOf([app('/web', { labels })], { mesosDns }).report
    assert.deepEqual(
      services[0]?.routes.map(({ host }) => host),
      ['web.marathon.mesos', 'web.marathon.slave.mesos', 'web.test'],
    )
  })

  it('has addresses beside the names of agents', () => {
    const { services } = sceneOf([app('/web', { tasks: [{ host: 'agent-1' }] })]).report
    assert.deepEqual(services[0]?.servers, [
      server('web.instance-0._app.1', 31000, { host: 'agent-1', address: '192.0.2.1' }),
    ])
  })

  it('has what is left out in the order of app, port and task, and what is of no app last', () => {
    const tasks = [{ host: 'lost' }, { state: 'TASK_STAGING' }]
    const apps = [
      app('/z', { ports: [0] }),
      app('/b', { ports: [10010, 10010], tasks }),
      app('/?'),
      app('/c', { labels: { HAPROXY_0_X: '' } }),
    ]
    const { leftOut } = sceneOf(apps).report
    assert.deepEqual(
      leftOut.map(({ app, port, task, kind }) => [app, port, task?.split('.')[1] ?? null, kind].join(' ')),
      [
        '/b 0 instance-0 no-address',
        '/b 0 instance-1 not-running',
        '/b 1  conflict',
        '/b 1 instance-0 no-address',
        '/b 1 instance-1 not-running',
        '/c 0  bad-label',
        '/z 0  no-way-in',
        '   impossible-id',
        '   unknown-agent',
      ],
    )
    assert.deepEqual(
      leftOut.find(({ app }) => app === '/z'),
      {
        app: '/z',
        port: 0,
        task: null,
        kind: 'no-way-in',
        says: 'is left out: it has neither a service port nor a host',
      },
    )
  })
})
