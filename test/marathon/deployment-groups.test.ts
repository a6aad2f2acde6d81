import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { deploymentOf, mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { warningsIn } from '../../src/marathon/findings.js'
import { LabelError } from '../../src/marathon/labels.js'
import { readApps } from '../../src/marathon/reply.js'
import { type Service, servicesOf } from '../../src/marathon/services.js'
import { app, httpCheck, type TaskSpec } from '../support/apps.js'
import { everything } from '../support/rules.js'

/** What a test says of one app of a deployment; a number of tasks are healthy ones, from the given port of the agent on. */
interface Part {
  group?: string
  started?: string
  target?: number
  tasks: number | TaskSpec[]
  from?: number
  ports?: number[]
  labels?: Record<string, string>
}

const first = '2024-01-01T00:00:00'
const second = '2024-01-01T00:00:01'
const third = '2024-01-02T00:00'

function appOf(id: string, { group = 'shop', started, target, tasks, from = 31000, ports, labels }: Part) {
  const specs = typeof tasks === 'number' ? Array.from({ length: tasks }, (): TaskSpec => ({})) : tasks
  return app(id, {
    ...(ports ? { ports } : {}),
    healthChecks: [httpCheck],
    labels: {
      HAPROXY_DEPLOYMENT_GROUP: group,
      ...(started === undefined ? {} : { HAPROXY_DEPLOYMENT_STARTED_AT: started }),
      ...(target === undefined ? {} : { HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(target) }),
      ...labels,
    },
    tasks: specs.map((spec, at) => ({
      id: `${id}-${at}`,
      ports: [from + at, from + 500 + at].slice(0, ports?.length ?? 1),
      ...spec,
    })),
  })
}

function merged(parts: Record<string, Part>): Service[] {
  const apps = Object.entries(parts).map(([id, part]) => appOf(id, part))
  const { services, findings } = servicesOf(readApps({ apps }, false).apps, { ...everything, health: 'ignore' })
  assert.deepEqual(warningsIn(findings), [])
  const before = structuredClone(services)
  const result = mergeDeployments(services)
  assert.deepEqual(services, before, 'what was given stays as it was')
  return result
}

/** The host ports of a service's servers; those that are drained with a `-`. */
const portsOf = (service: Service | undefined): string[] =>
  service?.servers.map(({ port, draining }) => `${draining ? '-' : ''}${port}`) ?? []

describe('the apps of a deployment group', () => {
  it('become one service under the older one, with its names, ports and demands, and the servers of both', () => {
    const old = { HAPROXY_0_VHOST: 'shop.test', HAPROXY_0_STICKY: 'true' }
    const services = merged({
      '/a-new': { started: second, tasks: 1, from: 31100, ports: [10001], labels: { HAPROXY_0_VHOST: 'x.test' } },
      '/b-old': { started: first, tasks: 2, ports: [10000], labels: old },
      '/c': { group: '', tasks: 1, ports: [10002] },
    })
    assert.deepEqual(
      services.map(({ backend, listener, routes, demands }) => [
        backend,
        listener?.port,
        routes[0]?.host,
        demands.sticky,
      ]),
      [
        ['b-old_0', 10000, 'shop.test', true],
        ['c_0', 10002, undefined, false],
      ],
    )
    assert.deepEqual(portsOf(services[0]), ['-31000', '31001', '31100'])
  })

  it('lose one old server for each new one that is fit, in the order of task ids, and never below the target', () => {
    const cases: [number, number, number | undefined, string[]][] = [
      [2, 0, undefined, ['31000', '31001']],
      [2, 1, undefined, ['-31000', '31001', '31100']],
      [2, 2, undefined, ['-31000', '-31001', '31100', '31101']],
      [1, 2, undefined, ['-31000', '31100', '31101']],
      [2, 1, 2, ['-31000', '31001', '31100']],
      [2, 1, 3, ['31000', '31001', '31100']],
      [2, 2, 3, ['-31000', '31001', '31100', '31101']],
      [2, 1, 10, ['31000', '31001', '31100']],
      [2, 1, 0, ['-31000', '31001', '31100']],
    ]
    for (const [old, young, target, expected] of cases) {
      const [service] = merged({
        '/blue': { started: first, tasks: old },
        '/green': { started: second, tasks: young, from: 31100, ...(target === undefined ? {} : { target }) },
      })
      assert.deepEqual(portsOf(service), expected, `${old} old, ${young} new, target ${target}`)
    }
    const turned = ['c', 'a', 'b'].map((id) => ({ id }))
    const [service] = merged({
      '/blue': { started: first, tasks: turned },
      '/green': { started: second, tasks: 1, from: 31100 },
    })
    assert.deepEqual(portsOf(service), ['31000', '-31001', '31002', '31100'])
  })

  it('keep every old server until a new one is known to be healthy', () => {
    const tasks: TaskSpec[] = [{ health: 'unknown' }, { health: 'unhealthy' }, { health: 'healthy' }]
    const [service] = merged({
      '/blue': { started: first, tasks: 3 },
      '/green': { started: second, tasks, from: 31100 },
    })
    assert.deepEqual(portsOf(service), ['-31000', '31001', '31002', '31100', '31101', '31102'])
  })

  it('of which there are three lose the oldest servers first, for the newest ones only', () => {
    const [service, ...others] = merged({
      '/a': { started: second, tasks: 2, from: 31100 },
      '/b': { started: third, tasks: 3, from: 31200 },
      '/c': { started: first, tasks: 2 },
    })
    assert.deepEqual(portsOf(service), ['-31000', '-31001', '-31100', '31101', '31200', '31201', '31202'])
    assert.deepEqual([service?.backend, others], ['c_0', []])
  })

  it('stay as they are side by side in a hybrid deployment, whose old app was made smaller already', () => {
    const [service] = merged({
      '/blue': { started: first, tasks: 3 },
      '/green': {
        started: second,
        tasks: 1,
        from: 31100,
        target: 4,
        labels: { HAPROXY_DEPLOYMENT_NEW_INSTANCES: '1' },
      },
    })
    assert.deepEqual(portsOf(service), ['31000', '31001', '31002', '31100'])
  })

  it('are merged port by port; a port that only one of them has is its own', () => {
    const services = merged({
      '/blue': { started: first, tasks: 1, ports: [10000] },
      '/green': { started: second, tasks: 1, from: 31100, ports: [10001, 10002] },
    })
    assert.deepEqual(
      services.map((service) => [service.backend, ...portsOf(service)]),
      [
        ['blue_0', '-31000', '31100'],
        ['green_1', '31600'],
      ],
    )
  })

  it('have each server once where both list the same place, as one of the newer app', () => {
    const [service] = merged({ '/blue': { started: first, tasks: 2 }, '/green': { started: second, tasks: 1 } })
    assert.deepEqual(portsOf(service), ['31000', '31001'])
    assert.equal(service?.servers[0]?.taskId, '/green-0')
  })

  it('are older without a time of start, and then by their ids', () => {
    const names = (parts: Record<string, Part>) => merged(parts).map(({ backend }) => backend)
    assert.deepEqual(names({ '/a': { started: first, tasks: 1 }, '/b': { tasks: 1 } }), ['b_0'])
    assert.deepEqual(names({ '/b': { tasks: 1 }, '/a': { tasks: 1 } }), ['a_0'])
    assert.deepEqual(names({ '/b': { started: first, tasks: 1 }, '/a': { started: first, tasks: 1 } }), ['a_0'])
  })

  it('lead to one service by the hosts and Mesos-DNS names of all', () => {
    const apps = Object.entries({
      '/a': { started: first, tasks: 1, labels: { HAPROXY_0_VHOST: 'a.test' } },
      '/b': { started: second, tasks: 1, labels: { HAPROXY_0_VHOST: 'b.test', HAPROXY_0_PATH: '/b' } },
      '/c': { started: third, tasks: 1, labels: { HAPROXY_0_VHOST: 'a.test,c.test' } },
    }).map(([id, part]) => appOf(id, part))
    const mesosDns = { domain: 'mesos', framework: 'marathon' }
    const { services } = servicesOf(readApps({ apps }, false).apps, { ...everything, mesosDns })
    const [service, ...others] = settleConflicts(mergeDeployments(services), new Map()).services
    const names = ['a', 'b', 'c'].flatMap((id) => [`${id}.marathon.mesos`, `${id}.marathon.slave.mesos`])
    assert.deepEqual(
      [service?.backend, service?.routes.map(({ host, path }) => host + path).sort(), others],
      ['a_0', ['a.test', 'b.test/b', 'c.test', ...names].sort(), []],
    )
  })

  it('give no host to a service in mode tcp, which cannot be routed by one', () => {
    const services = merged({
      '/old': { started: first, tasks: 1, labels: { HAPROXY_0_MODE: 'tcp' } },
      '/new': { started: second, tasks: 1, from: 31100, labels: { HAPROXY_0_VHOST: 'new.test' } },
    })
    for (const { mode, routes } of services) assert.ok(mode === 'http' || routes.length === 0)
  })

  it('are of one folder of Marathon only, and of one name', () => {
    const names = (parts: Record<string, Part>) => merged(parts).map(({ backend }) => backend)
    assert.equal(names({ '/shop/a': { tasks: 1 }, '/shop/b': { tasks: 1 } }).length, 1)
    assert.equal(names({ '/shop/a': { tasks: 1 }, '/evil/b': { tasks: 1 } }).length, 2)
    assert.equal(names({ '/shop/a': { tasks: 1 }, '/shop/b/c': { tasks: 1 } }).length, 2)
    assert.equal(names({ '/a': { tasks: 1 }, '/b': { group: 'other', tasks: 1 } }).length, 2)
    assert.equal(names({ '/a': { group: 'x 1', tasks: 1 }, '/b': { group: 'x', ports: [1, 2], tasks: 1 } }).length, 3)
    assert.equal(names({ '/a': { group: '', tasks: 1 }, '/b': { group: ' ', tasks: 1 } }).length, 2)
  })

  it('change nothing where there is only one of them', () => {
    const [service, ...others] = merged({ '/a': { started: first, target: 0, tasks: 2 } })
    assert.deepEqual([portsOf(service), others], [['31000', '31001'], []])
  })
})

describe('the labels of a deployment', () => {
  const read = (labels: Record<string, string>) => {
    const names = Object.entries(labels).map(([name, value]) => [`HAPROXY_DEPLOYMENT_${name}`, value])
    const given = readApps({ apps: [app('/shop/web', { labels: Object.fromEntries(names) })] }, false).apps[0]
    assert.ok(given)
    return deploymentOf(given)
  }
  const startedAt = (value: string) => read({ GROUP: 'a', STARTED_AT: value })?.startedAt

  it('are none without a group', () => {
    for (const labels of [{}, { GROUP: ' ' }, { STARTED_AT: 'x', TARGET_INSTANCES: 'x' }])
      assert.equal(read(labels), undefined)
  })

  it('are a group of the folder, a time and a number of instances', () => {
    assert.deepEqual(read({ GROUP: ' blue ' }), { group: '/shop blue', startedAt: 0, target: undefined })
    const all = { GROUP: 'a', STARTED_AT: '2016-02-01T14:13:42.499089', TARGET_INSTANCES: '20' }
    assert.deepEqual(read(all), { group: '/shop a', startedAt: Date.UTC(2016, 1, 1, 14, 13, 42, 499), target: 20 })
    assert.deepEqual(read({ ...all, COLOUR: 'x', ALT_PORT: 'x', NEW_INSTANCES: 'x' }), read(all))
  })

  it('give a time in UTC where they name no zone', () => {
    const expected = Date.UTC(2016, 1, 1, 14, 13, 42)
    const zones = [
      '2016-02-01T14:13:42',
      '2016-02-01T14:13:42Z',
      '2016-02-01T15:13:42+01:00',
      '2016-02-01T09:13:42-05:00',
    ]
    for (const written of zones) assert.equal(startedAt(written), expected, written)
  })

  it('give the same time whatever the zone of this host', () => {
    const program = `import { deploymentOf } from './src/marathon/deployment-groups.ts'
      const labels = { HAPROXY_DEPLOYMENT_GROUP: 'a', HAPROXY_DEPLOYMENT_STARTED_AT: '2016-02-01T14:13:42' }
      console.log(new Date(0).getHours(), deploymentOf({ id: '/a', labels })?.startedAt)`
    const told = ['UTC', 'Asia/Tokyo', 'America/New_York'].map((TZ) =>
      execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
        cwd: `${import.meta.dirname}/../..`,
        env: { ...process.env, TZ },
        encoding: 'utf8',
      }).trim(),
    )
    const expected = Date.UTC(2016, 1, 1, 14, 13, 42)
    assert.deepEqual(told, [`0 ${expected}`, `9 ${expected}`, `19 ${expected}`])
  })

  it('are refused where a time or a number is none', () => {
    const times = [
      'today',
      '2016-02-01',
      '2016-13-01T00:00:00',
      '1454335',
      '2016-02-01 14:13:42',
      'x\n',
      '2016-02-01T14:13:42 UTC',
    ]
    for (const value of times) assert.throws(() => startedAt(value), LabelError, value)
    for (const value of ['-1', '1.5', 'x', '9'.repeat(10)])
      assert.throws(() => read({ GROUP: 'a', TARGET_INSTANCES: value }), LabelError, value)
    assert.equal(startedAt(''), 0)
  })
})

describe('the apps of a deployment group that keep somebody out', () => {
  const auth = (user: string) => ({ HAPROXY_0_AUTH: `r:${user}:$1$saltsalt$0123456789abcdefghijkl` })
  const only = (networks: string) => ({ HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: networks })

  /** For apps with these labels, the oldest first, what each service that is left has: its backend, its servers, and who may pass. */
  const groups = (...labels: Record<string, string>[]) =>
    merged(
      Object.fromEntries(
        labels.map((given, at) => [
          `/${'abc'[at]}`,
          {
            started: [first, second, third][at] ?? '',
            tasks: 1,
            from: 31000 + at,
            labels: { HAPROXY_0_MODE: 'http', ...given },
          },
        ]),
      ),
    ).map((service) =>
      [service.backend, ...portsOf(service), service.demands.auth?.user, ...service.demands.allowedNetworks].join(' '),
    )

  it('are merged where they ask for what the oldest does', () => {
    assert.deepEqual(groups(auth('bob'), auth('bob')), ['a_0 -31000 31001 bob'])
    const both = { ...auth('bob'), ...only('10.0.0.0/8 127.0.0.1') }
    const same = { ...auth('bob'), ...only('127.0.0.1,10.0.0.0/8') }
    assert.deepEqual(groups(both, same), ['a_0 -31000 31001 bob 10.0.0.0/8 127.0.0.1'])
  })

  it('are merged, and closed, where only the oldest keeps somebody out', () => {
    assert.deepEqual(groups(auth('bob'), {}), ['a_0 -31000 31001 bob'])
    assert.deepEqual(groups(only('10.0.0.0/8'), {}, {}), ['a_0 -31000 31001 31002  10.0.0.0/8'])
    assert.deepEqual(groups({ ...auth('bob'), ...only('::1') }, only('::1')), ['a_0 -31000 31001 bob ::1'])
  })

  it('stay apart where a newer one keeps out whom the oldest lets in', () => {
    assert.deepEqual(groups({}, auth('bob')), ['a_0 31000 ', 'b_0 31001 bob'])
    assert.deepEqual(groups({}, only('10.0.0.0/8')), ['a_0 31000 ', 'b_0 31001  10.0.0.0/8'])
    assert.deepEqual(groups(auth('bob'), auth('joe')), ['a_0 31000 bob', 'b_0 31001 joe'])
    assert.deepEqual(groups(only('127.0.0.1'), only('10.0.0.0/8')), ['a_0 31000  127.0.0.1', 'b_0 31001  10.0.0.0/8'])
    assert.deepEqual(groups(auth('bob'), only('10.0.0.0/8')), ['a_0 31000 bob', 'b_0 31001  10.0.0.0/8'])
  })

  it('stay apart by themselves: the others of the group are merged', () => {
    assert.deepEqual(groups({}, auth('bob'), {}), ['a_0 -31000 31002 ', 'b_0 31001 bob'])
    assert.deepEqual(groups(auth('bob'), auth('joe'), auth('bob')), ['a_0 -31000 31002 bob', 'b_0 31001 joe'])
    assert.deepEqual(groups({}, {}, auth('bob')), ['a_0 -31000 31001 ', 'c_0 31002 bob'])
  })

  it('stay apart where the older one, in mode tcp, could not ask for the password of the newer', () => {
    const tcp = { HAPROXY_0_MODE: 'tcp' }
    assert.deepEqual(groups(tcp, auth('bob')), ['a_0 31000 ', 'b_0 31001 bob'])
    assert.deepEqual(groups(tcp, { ...tcp, ...only('::1') }), ['a_0 31000 ', 'b_0 31001  ::1'])
  })
})
