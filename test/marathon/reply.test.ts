import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { warningsIn } from '../../src/marathon/findings.js'
import { shown } from '../../src/marathon/json.js'
import { type App, readApps } from '../../src/marathon/reply.js'
import type { Task } from '../../src/marathon/tasks.js'
import { app, task } from '../support/apps.js'

const read = (raw: Record<string, unknown>): App => readApps({ apps: [{ id: '/web', ...raw }] }, false).apps[0] as App
const readTask = (raw: Record<string, unknown>): Task => read({ tasks: [raw] }).tasks[0] as Task

describe('the apps of a reply', () => {
  it('are sorted by id', () => {
    const { apps, findings } = readApps({ apps: [app('/b'), app('/a/z'), app('/a')] }, false)
    assert.deepEqual([apps.map(({ id }) => id), findings], [['/a', '/a/z', '/b'], []])
  })

  it('leave out what is no app, with a warning each', () => {
    const odd = [null, 5, 'app', [], {}, { id: 7 }, { id: '' }, { id: '/a b' }, { id: '/a\nb' }, { id: '/' }]
    const { apps, findings } = readApps({ apps: [...odd, app('/web')] }, false)
    assert.deepEqual(
      apps.map(({ id }) => id),
      ['/web'],
    )
    assert.equal(findings.length, odd.length)
    assert.ok(warningsIn(findings).includes(String.raw`an app with the impossible id "/a\nb" is left out`))
    assert.ok(
      readApps({ apps: [{ id: `/${'x'.repeat(5000)}` }] }, false).findings.every(({ says }) => says.length < 200),
    )
  })

  it('have ids with a slash before them, which Marathon gave without it before 0.7', () => {
    const given = [app('web'), app('/db'), app('a/b')]
    const { apps, findings } = readApps({ apps: given }, false)
    assert.deepEqual([apps.map(({ id }) => id), findings], [['/a/b', '/db', '/web'], []])
    const twins = [app('web'), { ...app('/web'), version: '2024-01-02T00:00:00.000Z' }]
    assert.deepEqual(
      readApps({ apps: twins }, false).apps.map(({ id, version }) => `${id} ${version}`),
      ['/web 2024-01-02T00:00:00.000Z'],
    )
    assert.deepEqual(warningsIn(readApps({ apps: [{ id: 'a b' }, { id: '//a' }] }, false).findings), [
      'an app with the impossible id "//a" is left out',
      'an app with the impossible id "/a b" is left out',
    ])
  })

  it('without any tasks, though some run, are a reply that ignored the embed', () => {
    const withoutTasks = { ...app('/web'), tasks: undefined }
    const reply = { apps: [withoutTasks, { ...withoutTasks, id: '/old', tasksRunning: 0 }] }
    assert.throws(() => readApps(reply, false), { exit: 'bad-reply', message: /no tasks although some are running/ })
    assert.equal(readApps(reply, true).apps.length, 2, '--allow-empty')
    assert.equal(readApps({ apps: [{ ...withoutTasks, tasksRunning: 0 }] }, false).apps.length, 1)
    assert.equal(readApps({ apps: [withoutTasks, { id: '/b', tasks: [] }] }, false).apps.length, 2)
    assert.equal(readApps({ apps: [] }, false).apps.length, 0)
  })

  it('with one id are one, the newest version, in whatever order they come', () => {
    const versions = ['2024-01-02T00:00:00.000Z', '2024-01-01T00:00:00.000Z', null]
    const twins = versions.map((version, index) => ({ ...app('/web', { ports: [10000 + index] }), version }))
    for (const apps of [twins, twins.toReversed()]) {
      const { apps: read, findings } = readApps({ apps: [app('/z'), ...apps] }, false)
      assert.deepEqual(
        [read.map(({ id, definitions }) => `${id} ${definitions[0]?.port}`), findings],
        [['/web 10000', '/z 10000'], []],
      )
    }
  })

  it('with one id and one version are told apart by the rest, whose order never decides', () => {
    const tasks = [{ host: 'a' }, { host: 'b' }]
    const labels = { A: '1', B: '2' }
    const twin = app('/web', { labels, tasks })
    const turned = { ...twin, labels: { B: '2', A: '1' }, tasks: (twin['tasks'] as unknown[]).toReversed() }
    const other = app('/web', { labels, tasks: [{ host: 'a' }, { host: 'c' }] })
    const expected = readApps({ apps: [twin, other] }, false).apps
    for (const apps of [
      [other, twin],
      [turned, other],
      [other, turned],
    ]) {
      assert.deepEqual(readApps({ apps }, false).apps, expected)
    }
  })
})

describe('an app', () => {
  it('of which nothing is known is empty, whether keys are null, missing or empty', () => {
    const nothing: App = {
      id: '/web',
      version: '',
      labels: {},
      network: 'host',
      mappings: [],
      definitions: [],
      discovery: [],
      healthChecks: [],
      tasks: [],
      fields: { network: undefined, mappings: 'container.docker.portMappings', ports: [] },
    }
    const keys = ['labels', 'ports', 'portDefinitions', 'container', 'networks', 'ipAddress', 'healthChecks', 'tasks']
    assert.deepEqual(read({}), nothing)
    for (const empty of [null, [], 0, '']) {
      const given = Object.fromEntries(keys.map((key) => [key, empty]))
      assert.deepEqual(read(given), nothing, JSON.stringify(empty))
    }
    assert.deepEqual(read({ container: { docker: null, portMappings: null } }), nothing)
    assert.deepEqual(read({ container: { docker: { network: null, portMappings: null } } }), nothing)
  })

  it('keeps its labels, but for values that are no texts', () => {
    assert.deepEqual(read({ labels: { a: '', b: 'x', c: 1, d: null, e: {} } }).labels, { a: '', b: 'x' })
    assert.deepEqual(Object.keys(read({ labels: { b: 'x', a: 'x' } }).labels), ['a', 'b'], 'sorted')
  })

  it('has the network that its generation of Marathon tells (marathon-api §4)', () => {
    const docker = (network: string) => ({ container: { docker: { network } } })
    const ipAddress = { ipAddress: { groups: [] } }
    const cases: [Record<string, unknown>, App['network']][] = [
      [{ networks: [{ mode: 'host' }] }, 'host'],
      [{ networks: [{ mode: 'container/bridge' }] }, 'bridge'],
      [{ networks: [{ mode: 'container', name: 'dcos' }] }, 'container'],
      [{ networks: [{ name: 'dcos' }] }, 'container'],
      [{ networks: [{ mode: 'host' }], ...docker('BRIDGE'), ...ipAddress }, 'host'],
      [{ networks: [], ...docker('BRIDGE') }, 'bridge'],
      [docker('BRIDGE'), 'bridge'],
      [docker('USER'), 'container'],
      [docker('HOST'), 'host'],
      [docker('NONE'), 'host'],
      [ipAddress, 'container'],
      [{ ...ipAddress, ...docker('BRIDGE') }, 'bridge'],
      [{ ...ipAddress, ...docker('USER') }, 'container'],
      [{}, 'host'],
    ]
    for (const [raw, network] of cases) assert.equal(read(raw).network, network, JSON.stringify(raw))
  })

  it('has its port mappings in the container from 1.5 on, and in docker before', () => {
    const mappings = [{ containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'TCP' }, { containerPort: 81 }]
    const expected = [
      { containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' },
      { containerPort: 81, hostPort: undefined, servicePort: undefined, protocol: 'tcp' },
    ]
    assert.deepEqual(read({ container: { portMappings: mappings } }).mappings, expected)
    assert.deepEqual(read({ container: { docker: { portMappings: mappings } } }).mappings, expected)
    assert.deepEqual(read({ container: { portMappings: [], docker: { portMappings: mappings } } }).mappings, expected)
    const none = { containerPort: null, hostPort: null, servicePort: 0, protocol: null }
    const [odd] = read({ container: { portMappings: [none] } }).mappings
    assert.deepEqual(odd, { containerPort: 0, hostPort: undefined, servicePort: undefined, protocol: 'tcp' })
  })

  it('has port definitions, or the ports of older Marathons', () => {
    const tcp = (port: number | undefined) => ({ port, protocol: 'tcp' })
    assert.deepEqual(read({ ports: [10000, 0] }).definitions, [tcp(10000), tcp(undefined)])
    const portDefinitions = [{ port: 10001, protocol: 'udp' }, { port: 10002 }]
    const expected = [{ port: 10001, protocol: 'udp' }, tcp(10002)]
    assert.deepEqual(read({ ports: [1, 2], portDefinitions }).definitions, expected)
    assert.deepEqual(read({ ports: [10000], portDefinitions: [] }).definitions, [tcp(10000)])
    const unassigned = [{ port: 0, protocol: 'udp' }, { port: 10002 }, {}, { port: 0 }]
    assert.deepEqual(read({ ports: [10000, 1, 10003], portDefinitions: unassigned }).definitions, [
      { port: 10000, protocol: 'udp' },
      tcp(10002),
      tcp(10003),
      tcp(undefined),
    ])
  })

  it('has the ports that its ipAddress discovers, up to 1.4', () => {
    const ports = [{ number: 80, name: 'http', protocol: 'tcp' }, { number: 53, protocol: 'udp' }, {}]
    assert.deepEqual(read({ ipAddress: { discovery: { ports } } }).discovery, [
      { port: 80, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
      { port: 0, protocol: 'tcp' },
    ])
  })

  it('names the fields that its network, mappings and ports come from', () => {
    const mapped = { portMappings: [{}] }
    const cases: [Record<string, unknown>, Partial<App['fields']>][] = [
      [{ networks: [{ mode: 'host' }] }, { network: 'networks[0].mode' }],
      [{ networks: [{}], ipAddress: {} }, { network: 'networks' }],
      [{ container: { docker: { network: 'BRIDGE' } }, ipAddress: {} }, { network: 'container.docker.network' }],
      [{ container: { docker: { network: 'USER' } }, ipAddress: {} }, { network: 'ipAddress' }],
      [{ container: { docker: { network: 'USER' } } }, { network: 'container.docker.network' }],
      [{ container: { ...mapped, docker: mapped } }, { mappings: 'container.portMappings' }],
      [{ container: { docker: mapped } }, { mappings: 'container.docker.portMappings' }],
      [{ ports: [1, 0] }, { ports: ['ports[0]', 'ports[1]'] }],
      [{ ports: [1, 2], portDefinitions: [{ port: 1 }, {}] }, { ports: ['portDefinitions[0].port', 'ports[1]'] }],
    ]
    for (const [raw, fields] of cases) {
      const found = read(raw).fields
      assert.deepEqual(found, { ...found, ...fields }, JSON.stringify(raw))
    }
  })

  it("has its health checks with Marathon's defaults", () => {
    const given = {
      protocol: 'mesos_http',
      path: '/health',
      portIndex: 1,
      port: 8080,
      intervalSeconds: 5,
      timeoutSeconds: 3,
      maxConsecutiveFailures: 0,
    }
    const bare = {
      protocol: 'HTTP',
      path: undefined,
      portIndex: undefined,
      port: undefined,
      intervalSeconds: 60,
      timeoutSeconds: 20,
      maxConsecutiveFailures: 3,
    }
    const checks = read({ healthChecks: [given, {}, { port: null, path: null, protocol: null }] }).healthChecks
    assert.deepEqual(checks, [{ ...given, protocol: 'MESOS_HTTP' }, bare, bare])
  })
})

describe('the tasks of an app', () => {
  it('are sorted by id, and by the rest where two have one', () => {
    const raw = [{ id: 'b' }, { id: 'a', host: 'y' }, { id: 'a', host: 'x' }, {}]
    const order = (tasks: unknown[]) => read({ tasks }).tasks.map(({ id, host }) => `${id} ${host}`)
    assert.deepEqual(order(raw), [' undefined', 'a x', 'a y', 'b undefined'])
    assert.deepEqual(order(raw.toReversed()), order(raw))
  })
})

describe('a task', () => {
  it('has id, host, ports and addresses; a port that is none keeps its place', () => {
    const addresses = [
      { ipAddress: '10.1.0.2', protocol: 'IPv4' },
      {},
      null,
      { ipAddress: '' },
      { ipAddress: 'fd00::2' },
    ]
    const given = readTask(
      task('/web', 0, [], { ports: [31000, 0, null, 70000, 31001] as number[], ipAddresses: addresses }),
    )
    assert.deepEqual(
      [given.id, given.host, given.ports, given.addresses],
      ['web.instance-0._app.1', '127.0.0.1', [31000, 0, 0, 0, 31001], ['10.1.0.2', 'fd00::2']],
    )
    for (const host of [null, '', 5, undefined]) assert.equal(readTask({ host }).host, undefined)
    assert.deepEqual(readTask({ ports: null, ipAddresses: null }).ports, [])
  })

  it('is running, unreachable or gone by its state (marathon-api §5)', () => {
    const presences: Record<Task['presence'], string[]> = {
      running: ['RUNNING'],
      unreachable: ['LOST', 'UNREACHABLE'],
      gone: 'STAGING STARTING KILLING FINISHED FAILED KILLED ERROR GONE DROPPED UNKNOWN NEW'.split(' '),
    }
    for (const [presence, states] of Object.entries(presences)) {
      for (const state of states) {
        const raw = { state: `TASK_${state}`, startedAt: '2024-01-01T00:00:00.000Z' }
        assert.equal(readTask(raw).presence, presence, state)
      }
    }
  })

  it('of a Marathon before 0.15, without a state, runs once it has started', () => {
    assert.equal(readTask({ startedAt: '2014-09-01T00:00:00.000Z' }).presence, 'running')
    for (const startedAt of [null, undefined, '']) assert.equal(readTask({ startedAt }).presence, 'gone')
    assert.equal(readTask({ state: 'TASK_RUNNING' }).presence, 'running', 'the state alone decides where there is one')
  })

  it('has one result for each health check that gave one; alive is worked out where it is missing', () => {
    const [early, late] = ['2024-01-01T00:00:00.000Z', '2024-01-01T00:00:01.000Z']
    const results: [unknown, boolean[]][] = [
      [{ alive: true }, [true]],
      [{ alive: false, lastSuccess: late, lastFailure: early }, [false]],
      [{ lastSuccess: early }, [true]],
      [{ lastSuccess: early, lastFailure: null }, [true]],
      [{ lastSuccess: late, lastFailure: early }, [true]],
      [{ lastSuccess: early, lastFailure: late }, [false]],
      [{ lastSuccess: early, lastFailure: early }, [false]],
      [{ lastSuccess: null, lastFailure: late }, [false]],
      [{ lastFailure: null }, [false]],
      [null, []],
    ]
    for (const [result, alive] of results) {
      assert.deepEqual(readTask({ healthCheckResults: [result] }).alive, alive, JSON.stringify(result))
    }
    assert.deepEqual(readTask({ healthCheckResults: [{ alive: true }, null, { alive: false }] }).alive, [true, false])
    for (const healthCheckResults of [null, undefined, []]) assert.deepEqual(readTask({ healthCheckResults }).alive, [])
  })
})

describe('a value of a reply in a message', () => {
  it('is on one line, without signs that a terminal obeys, and never long', () => {
    assert.equal(shown('/a "b" é'), String.raw`"/a \"b\" é"`)
    assert.equal(shown('a\nb'), String.raw`"a\nb"`)
    assert.equal(
      shown('\x1b[31m\x7f\x9b\u202e\u200b\ufeff\u2028\u2029'),
      String.raw`"\u001b[31m\u{7f}\u{9b}\u{202e}\u{200b}\u{feff}\u{2028}\u{2029}"`,
    )
    assert.equal(shown('x'.repeat(80)), `"${'x'.repeat(80)}"`)
    assert.equal(shown('x'.repeat(100_000)), `"${'x'.repeat(80)}…"`)
    assert.deepEqual([shown(null), shown(7), shown({})], ['of type null', 'of type number', 'of type object'])
  })
})
