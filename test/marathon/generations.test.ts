import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { warningsIn } from '../../src/marathon/findings.js'
import { readApps } from '../../src/marathon/reply.js'
import { servicesOf } from '../../src/marathon/services.js'
import { everything } from '../support/rules.js'

type Json = Record<string, unknown>

const agent = '10.0.0.1'
const inContainer = '192.168.7.7'

/** The services of one app: `service port (or -) = servers`, in the order of its ports; without a listener the port is `-`. */
function routes(raw: Json, unreachable = false): string[] {
  const { apps } = readApps({ apps: [{ id: '/web', ...raw }] }, false)
  const { services, findings } = servicesOf(apps, { ...everything, unreachable })
  assert.deepEqual(warningsIn(findings), [])
  return services.map(({ portIndex, listener, servers }) =>
    `${portIndex}: ${listener?.port ?? '-'} = ${servers.map(({ host, port }) => `${host}:${port}`).join(' ')}`.trim(),
  )
}

const times = {
  stagedAt: '2014-09-01T10:00:00.000Z',
  startedAt: '2014-09-01T10:00:05.000Z',
  version: '2014-09-01T09:00:00.000Z',
}

/** A task as 0.7 to 0.14 give it, without a state. */
const oldTask = (ports: number[] | null, more: Json = {}): Json => ({
  id: 'web.1',
  host: agent,
  ports,
  ...times,
  ...more,
})

/** A task as 0.15 to 1.4 give it. */
const task = (ports: number[], more: Json = {}): Json =>
  oldTask(ports, {
    state: 'TASK_RUNNING',
    slaveId: 's-S0',
    ipAddresses: [{ ipAddress: inContainer, protocol: 'IPv4' }],
    ...more,
  })

/** A task as 1.5 and later give it. */
const newTask = (ports: number[], more: Json = {}): Json =>
  task(ports, { id: 'web.instance-1._app.1', servicePorts: [], localVolumes: [], ...more })

const docker = (network: string | null, portMappings?: Json[] | null): Json => ({
  container: { type: 'DOCKER', volumes: [], docker: { image: 'web', network, portMappings } },
})
const mapping = (containerPort: number, servicePort: number | null, more: Json = { hostPort: 0 }): Json => ({
  containerPort,
  servicePort,
  protocol: 'tcp',
  ...more,
})
const networks = (modes: Json[], portMappings: Json[]): Json => ({
  networks: modes,
  container: { type: 'MESOS', volumes: [], portMappings },
})
const discovery = (...ports: Json[]): Json => ({ ipAddress: { groups: [], labels: {}, discovery: { ports } } })
const definitions = (...ports: (number | null)[]): Json => ({
  portDefinitions: ports.map((port) => ({ port, protocol: 'tcp', labels: {} })),
})

const two = ['0: 10000 = 10.0.0.1:31005', '1: 10001 = 10.0.0.1:31001']
const ports = [31005, 31001]

describe('an app of Marathon', () => {
  const generations: Record<string, [Json, string[]]> = {
    '0.7, without a container': [{ container: null, ports: [10000, 10001], tasks: [oldTask(ports)] }, two],
    '0.7, in bridge mode': [
      { ...docker('BRIDGE', [mapping(80, 10000), mapping(81, 10001)]), ports: [10000, 10001], tasks: [oldTask(ports)] },
      two,
    ],
    '0.7, in bridge mode without service ports in its mappings': [
      { ...docker('BRIDGE', [mapping(80, 0), mapping(81, null)]), ports: [10000, 10001], tasks: [oldTask(ports)] },
      two,
    ],
    '0.8, in bridge mode without mappings': [
      { ...docker('BRIDGE', null), ports: [10000, 10001], tasks: [oldTask(ports)] },
      two,
    ],
    '0.8 to 0.14, in host mode': [
      { ...docker('HOST', []), ports: [10000, 10001], upgradeStrategy: {}, tasks: [oldTask(ports)] },
      two,
    ],
    '0.11, whose task has not started': [
      { ports: [10000], tasks: [oldTask([31005], { startedAt: null }), oldTask([31006], { startedAt: undefined })] },
      ['0: 10000 ='],
    ],
    '0.14, with an address a task and no service ports': [
      {
        ...discovery({ number: 80, name: 'http', protocol: 'tcp' }, { number: 53, protocol: 'udp' }, { number: 81 }),
        labels: { HAPROXY_0_VHOST: 'a.test', HAPROXY_2_VHOST: 'b.test' },
        tasks: [oldTask([], { ipAddresses: [{ ipAddress: inContainer, protocol: 'IPv4' }] })],
      },
      ['0: - = 192.168.7.7:80', '2: - = 192.168.7.7:81'],
    ],
    '1.0 to 1.4, with port definitions': [
      { ipAddress: null, ports: [10000, 10001], ...definitions(10000, 10001), tasks: [task(ports)] },
      two,
    ],
    '1.1 to 1.4, in bridge mode, with port definitions too': [
      {
        ...docker('BRIDGE', [mapping(80, 10000), mapping(81, 10001)]),
        ...definitions(10000, 10001),
        ipAddress: null,
        tasks: [task(ports, { ipAddresses: [{ ipAddress: '172.17.0.2', protocol: 'IPv4' }] })],
      },
      two,
    ],
    '1.3 and 1.4, on a USER network without host ports': [
      {
        ...docker('USER', [mapping(80, 10000, {}), mapping(81, 10001, { hostPort: null })]),
        ...discovery(),
        tasks: [task([])],
      },
      ['0: 10000 = 192.168.7.7:80', '1: 10001 = 192.168.7.7:81'],
    ],
    '1.3 and 1.4, on a USER network with host ports': [
      { ...docker('USER', [mapping(80, 10000), mapping(81, 10001)]), ...discovery(), tasks: [task(ports)] },
      two,
    ],
    '1.3 and 1.4, on a USER network with host ports that the task does not list': [
      { ...docker('USER', [mapping(80, 10000), mapping(81, 10001)]), ...discovery(), tasks: [task([])] },
      ['0: 10000 = 192.168.7.7:80', '1: 10001 = 192.168.7.7:81'],
    ],
    '1.5 to 1.11, in host mode': [
      { networks: [{ mode: 'host' }], ...definitions(10000, 10001), requirePorts: true, tasks: [newTask(ports)] },
      two,
    ],
    '1.5 to 1.11, in bridge mode': [
      {
        ...networks([{ mode: 'container/bridge' }], [mapping(80, 10000), mapping(81, 10001)]),
        tasks: [newTask(ports)],
      },
      two,
    ],
    '1.5 to 1.11, on a container network with and without host ports': [
      {
        ...networks(
          [{ name: 'dcos', mode: 'container' }],
          [mapping(80, 10000, {}), mapping(81, 10001), mapping(82, 10002, {}), mapping(83, 10003, { hostPort: 31999 })],
        ),
        tasks: [newTask([31005, 31999])],
      },
      [
        '0: 10000 = 192.168.7.7:80',
        '1: 10001 = 10.0.0.1:31005',
        '2: 10002 = 192.168.7.7:82',
        '3: 10003 = 10.0.0.1:31999',
      ],
    ],
    '1.5 to 1.11, on several networks, reached at the first address': [
      {
        ...networks(
          [
            { name: 'a', mode: 'container' },
            { name: 'b', mode: 'container' },
          ],
          [{ ...mapping(80, 10000, {}), networkNames: ['a'] }],
        ),
        tasks: [newTask([], { ipAddresses: [{ ipAddress: 'fd00::7', protocol: 'IPv6' }, { ipAddress: inContainer }] })],
      },
      ['0: 10000 = fd00::7:80'],
    ],
    '1.5, with networks and the older mappings of docker': [
      {
        networks: [{ mode: 'container/bridge' }],
        ...docker(null, [mapping(80, 10000), mapping(81, 10001)]),
        tasks: [newTask(ports)],
      },
      two,
    ],
    '1.5, on a network of which only the name is given': [
      { ...networks([{ name: 'dcos' }], [mapping(80, 10000, {})]), tasks: [newTask([])] },
      ['0: 10000 = 192.168.7.7:80'],
    ],
    '1.5, on a container network without mappings': [
      { networks: [{ name: 'dcos', mode: 'container' }], container: { type: 'MESOS' }, tasks: [newTask([])] },
      [],
    ],
  }
  for (const [generation, [raw, expected]] of Object.entries(generations)) {
    it(`${generation}, is routed`, () => assert.deepEqual(routes(raw), expected))
  }

  it('that is suspended keeps its services, without servers', () => {
    const reserved = { id: 'web.2', host: agent, slaveId: 's-S0', localVolumes: [] }
    for (const tasks of [[], null, undefined, [reserved], [{ ...reserved, state: 'TASK_STAGING' }]]) {
      assert.deepEqual(routes({ instances: 0, ...definitions(10000), tasks }), ['0: 10000 ='])
    }
  })

  it('whose ports have no service port routes the others at their own places', () => {
    assert.deepEqual(routes({ ...definitions(null, 10001, 0, 10003), tasks: [task([31000, 31001, 31002, 31003])] }), [
      '1: 10001 = 10.0.0.1:31001',
      '3: 10003 = 10.0.0.1:31003',
    ])
    const bridged = docker('BRIDGE', [mapping(80, null), mapping(81, 10001)])
    assert.deepEqual(routes({ ...bridged, tasks: [task(ports)] }), ['1: 10001 = 10.0.0.1:31001'])
  })

  it('whose task of an older version has fewer ports loses it for the missing ones only', () => {
    const tasks = [task([31001]), task([31002, 31003], { id: 'web.2' }), task([], { id: 'web.3' })]
    assert.deepEqual(routes({ ...definitions(10000, 10001), tasks }), [
      '0: 10000 = 10.0.0.1:31001 10.0.0.1:31002',
      '1: 10001 = 10.0.0.1:31003',
    ])
  })

  it('sends no traffic to a task that ends, nor to one that is lost, but for --unreachable', () => {
    const states = ['RUNNING', 'KILLING', 'LOST', 'UNREACHABLE', 'STAGING', 'GONE']
    const tasks = states.map((state, at) => task([31000 + at], { id: state, state: `TASK_${state}` }))
    assert.deepEqual(routes({ ...definitions(10000), tasks }), ['0: 10000 = 10.0.0.1:31000'])
    assert.deepEqual(routes({ ...definitions(10000), tasks }, true), [
      '0: 10000 = 10.0.0.1:31000 10.0.0.1:31002 10.0.0.1:31003',
    ])
  })

  it('reads the same whether what is empty is null, missing or []', () => {
    const keys = [
      'ipAddress',
      'container',
      'networks',
      'portDefinitions',
      'healthChecks',
      'labels',
      'deployments',
      'readinessChecks',
    ]
    for (const empty of [null, undefined, []]) {
      const given = Object.fromEntries(keys.map((key) => [key, empty]))
      assert.deepEqual(routes({ ...given, ports: [10000, 10001], tasks: [task(ports, { ipAddresses: empty })] }), two)
    }
  })
})
