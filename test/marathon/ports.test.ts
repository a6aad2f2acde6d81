import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { endpointOf, portsOf } from '../../src/marathon/ports.js'
import { type App, readApps } from '../../src/marathon/reply.js'

type Json = Record<string, unknown>

const host = '10.0.0.1'
const containerAddress = '192.168.7.7'

const read = (raw: Json): App => readApps({ apps: [{ id: '/web', tasks: [], ...raw }] }, false).apps[0] as App

/** An app with one task at `host` that was given these ports. */
const withTask = (raw: Json, ports: number[] | null, overrides: Json = {}): App =>
  read({ ...raw, tasks: [{ host, ports, ipAddresses: [{ ipAddress: containerAddress }], ...overrides }] })

/** `service port → endpoint` of each tcp port, in order. */
const routes = (given: App): string[] =>
  portsOf(given).flatMap((port) => {
    const endpoint = given.tasks[0] && endpointOf(given.tasks[0], port)
    return port.tcp ? [`${port.servicePort} → ${endpoint ? `${endpoint.host}:${endpoint.port}` : 'nowhere'}`] : []
  })

const mapping = (servicePort: number, containerPort: number, hostPort?: number | null): Json => ({
  servicePort,
  containerPort,
  ...(hostPort === undefined ? {} : { hostPort }),
})
const bridge = (...portMappings: Json[]): Json => ({
  networks: [{ mode: 'container/bridge' }],
  container: { portMappings },
})
const network = (...portMappings: Json[]): Json => ({ networks: [{ mode: 'container' }], container: { portMappings } })
const docker = (name: string, ...portMappings: Json[]): Json => ({
  container: { docker: { network: name, portMappings } },
})

describe('the service ports of an app (marathon-api §3)', () => {
  const portsIn = (raw: Json) => portsOf(read(raw)).map(({ servicePort }) => servicePort)

  it('are those of its mappings, in their order, unless it is on the network of its host', () => {
    const mappings = [mapping(10005, 80, 0), mapping(10001, 81, 0)]
    for (const raw of [bridge(...mappings), network(...mappings), docker('BRIDGE', ...mappings)]) {
      assert.deepEqual(portsIn({ ...raw, ports: [1, 2], portDefinitions: [{ port: 3 }, { port: 4 }] }), [10005, 10001])
    }
    assert.deepEqual(portsIn({ ...docker('HOST', ...mappings), ports: [10007] }), [10007])
  })

  it('are else those of its port definitions, else its ports', () => {
    assert.deepEqual(portsIn({ portDefinitions: [{ port: 10002 }, { port: 10001 }], ports: [1, 2] }), [10002, 10001])
    assert.deepEqual(portsIn({ ports: [10002, 10001] }), [10002, 10001])
    assert.deepEqual(portsIn({ ...docker('BRIDGE'), ports: [10003] }), [10003], 'BRIDGE without mappings')
  })

  it('fall back to the port of the same place where a mapping has none', () => {
    const mappings = [mapping(0, 80, 0), { containerPort: 81, hostPort: 0 }, mapping(10009, 82, 0)]
    assert.deepEqual(portsIn({ ...docker('BRIDGE', ...mappings), ports: [10001, 10002, 10003] }), [10001, 10002, 10009])
    assert.deepEqual(portsIn(docker('BRIDGE', ...mappings)), [undefined, undefined, 10009])
  })

  it('are unknown where Marathon assigned none, and never 0 or beyond the last', () => {
    const discovery = { ports: [{ number: 80 }, { number: 81 }] }
    assert.deepEqual(portsIn({ ipAddress: { discovery } }), [undefined, undefined])
    assert.deepEqual(
      portsIn({ portDefinitions: [{ port: 0 }, { port: 65536 }, { port: -1 }, {}] }),
      Array(4).fill(undefined),
    )
  })

  it('are counted with those of UDP, which are not routed', () => {
    const protocols = ['tcp', 'udp', 'udp,tcp', 'UDP']
    const tcp = (raw: Json) => portsOf(read(raw)).map((port) => `${port.index} ${port.tcp}`)
    const expected = ['0 true', '1 false', '2 true', '3 false']
    assert.deepEqual(tcp({ portDefinitions: protocols.map((protocol) => ({ port: 10000, protocol })) }), expected)
    assert.deepEqual(tcp(bridge(...protocols.map((protocol) => ({ ...mapping(10000, 80, 0), protocol })))), expected)
    const ports = protocols.map((protocol) => ({ number: 80, protocol }))
    assert.deepEqual(tcp({ ipAddress: { discovery: { ports } } }), expected)
  })
})

describe('address and port of a task (marathon-api §4)', () => {
  const cases: Record<string, [App, string[]]> = {
    'in host mode are its agent and its n-th port': [
      withTask({ portDefinitions: [{ port: 10000 }, { port: 10001 }] }, [31005, 31001]),
      ['10000 → 10.0.0.1:31005', '10001 → 10.0.0.1:31001'],
    ],
    'in host mode are its port even where it had to be the service port': [
      withTask({ requirePorts: true, portDefinitions: [{ port: 10000 }] }, [10000]),
      ['10000 → 10.0.0.1:10000'],
    ],
    'in bridge mode are its agent and its n-th port': [
      withTask(bridge(mapping(10000, 80, 0), mapping(10001, 81, 0)), [31005, 31001]),
      ['10000 → 10.0.0.1:31005', '10001 → 10.0.0.1:31001'],
    ],
    'in bridge mode up to 1.4 too, and never the address that repeats on every agent': [
      withTask({ ...docker('BRIDGE', mapping(10000, 80, 0)), ipAddress: null }, [31005], {
        ipAddresses: [{ ipAddress: '172.17.0.2' }],
      }),
      ['10000 → 10.0.0.1:31005'],
    ],
    'in bridge mode are not the container even where its port is missing': [
      withTask(bridge(mapping(10000, 80, 0), mapping(10001, 81)), [31005]),
      ['10000 → 10.0.0.1:31005', '10001 → nowhere'],
    ],
    'on a container network are the container and its port where the mapping has no host port': [
      withTask(network(mapping(10000, 80), mapping(10001, 81, null)), []),
      ['10000 → 192.168.7.7:80', '10001 → 192.168.7.7:81'],
    ],
    'on a container network are the agent where the mapping has a host port, 0 included': [
      withTask(network(mapping(10000, 80, 0), mapping(10001, 81, 31999)), [31005, 31999]),
      ['10000 → 10.0.0.1:31005', '10001 → 10.0.0.1:31999'],
    ],
    'on a container network count only the mappings that have a host port': [
      withTask(
        network(mapping(10000, 80), mapping(10001, 81, 0), mapping(10002, 82), mapping(10003, 83, 0)),
        [31005, 31001],
      ),
      ['10000 → 192.168.7.7:80', '10001 → 10.0.0.1:31005', '10002 → 192.168.7.7:82', '10003 → 10.0.0.1:31001'],
    ],
    'on a USER network up to 1.4 are the agent too': [
      withTask({ ...docker('USER', mapping(10000, 80, 0)), ipAddress: {} }, [31005]),
      ['10000 → 10.0.0.1:31005'],
    ],
    'on a USER network whose task lists no port are the container': [
      withTask({ ...docker('USER', mapping(10000, 80, 0), mapping(10001, 81, 0)), ipAddress: {} }, [31005]),
      ['10000 → 10.0.0.1:31005', '10001 → 192.168.7.7:81'],
    ],
    'with an ipAddress are the container and the port it discovers': [
      withTask({ ipAddress: { discovery: { ports: [{ number: 80 }, { number: 0 }] } }, ports: [10000] }, [31005]),
      ['10000 → 192.168.7.7:80', 'undefined → nowhere'],
    ],
    'are nowhere for container port 0 without a host port, and the agent with one': [
      withTask(network(mapping(10000, 0), mapping(10001, 0, 0)), [31005]),
      ['10000 → nowhere', '10001 → 10.0.0.1:31005'],
    ],
    'are the first of several addresses': [
      withTask(network(mapping(10000, 80)), [], { ipAddresses: [{ ipAddress: 'fd00::7' }, { ipAddress: '10.9.9.9' }] }),
      ['10000 → fd00::7:80'],
    ],
  }
  for (const [name, [given, expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(routes(given), expected))
  }

  it('are nowhere, for this port only, where one of them is missing', () => {
    const two = { portDefinitions: [{ port: 10000 }, { port: 10001 }] }
    assert.deepEqual(routes(withTask(two, [31005])), ['10000 → 10.0.0.1:31005', '10001 → nowhere'])
    assert.deepEqual(routes(withTask(two, [0, 31001])), ['10000 → nowhere', '10001 → 10.0.0.1:31001'])
    for (const [ports, overrides] of [
      [[31005, 31001], { host: null }],
      [[31005, 31001], { host: '' }],
      [null, {}],
    ] as [number[] | null, Json][]) {
      assert.deepEqual(routes(withTask(two, ports, overrides)), ['10000 → nowhere', '10001 → nowhere'])
    }
    for (const ipAddresses of [null, [], [{}]]) {
      assert.deepEqual(routes(withTask(network(mapping(10000, 80)), [], { ipAddresses })), ['10000 → nowhere'])
    }
  })

  it('are nowhere for a host that could not stand in a configuration', () => {
    const hosts: [string, boolean][] = [
      ['agent-1.example.test', true],
      ['AGENT_1', true],
      ['agent.', true],
      ['fd00::7', true],
      ['10.0.0.1', true],
      ['a b', false],
      ['a\n  server x 1.2.3.4:80', false],
      ['a:80', false],
      ['-agent', false],
      ['agent#1', false],
      ['[fd00::7]', false],
      ['é.test', false],
      ['x'.repeat(254), false],
    ]
    const [port] = portsOf(read({ ports: [10000] }))
    assert.ok(port)
    for (const [name, usable] of hosts) {
      const [task] = withTask({}, [31005], { host: name }).tasks
      assert.deepEqual(task && endpointOf(task, port), usable ? { host: name, port: 31005 } : undefined, name)
    }
  })
})
