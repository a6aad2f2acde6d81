import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { warningsIn } from '../../src/marathon/findings.js'
import { portsOf } from '../../src/marathon/ports.js'
import { type App, readApps } from '../../src/marathon/reply.js'
import { placeServers, type Server, serversOf } from '../../src/marathon/servers.js'
import type { Task } from '../../src/marathon/tasks.js'
import { type AppSpec, app, httpCheck } from '../support/apps.js'

const read = (spec: AppSpec): App => readApps({ apps: [app('/web', spec)] }, false).apps[0] as App

const refused = { kind: 'unhealthy', says: 'is left out' } as const

/** The servers of an app's port, checked at another one where that is given; `leftOut` is told of the others. */
function serversIn(
  spec: AppSpec,
  admit: (task: Task, name: string) => boolean = () => true,
  checkIndex?: number,
  leftOut: string[] = [],
): Server[] {
  const given = read(spec)
  const ports = portsOf(given)
  const port = ports[0]
  assert.ok(port)
  const checked = checkIndex === undefined ? undefined : ports[checkIndex]
  const refuse = (task: Task, name: string) => (admit(task, name) ? undefined : refused)
  return serversOf(given, port, checked, refuse, (taskId, { kind }) => leftOut.push(`${taskId} ${kind}`))
}

const namesOf = (servers: Server[]): string[] => servers.map(({ name }) => name)

describe('the servers of a port', () => {
  it('stand by host and port, sorted by name, each once', () => {
    const tasks = [
      { id: 't1', host: 'b', ports: [31001] },
      { id: 't2', host: 'a', ports: [31002] },
      { id: 't3', host: 'fd00::1', ports: [31001] },
      { id: 't4', host: 'b', ports: [31001] },
    ]
    const common = { checkPort: undefined, isFit: true, draining: false }
    assert.deepEqual(serversIn({ tasks }), [
      { name: 'a_31002', taskId: 't2', host: 'a', address: 'a', port: 31002, ...common },
      { name: 'b_31001', taskId: 't1', host: 'b', address: 'b', port: 31001, ...common },
      { name: 'fd00::1_31001', taskId: 't3', host: 'fd00::1', address: 'fd00::1', port: 31001, ...common },
    ])
  })

  it('leave out tasks without this port, without a host, or with one that cannot be written', () => {
    const hosts = [null, '', 'a b', 'x\n  server y 1.2.3.4:80'].map((host) => ({ host: host as unknown as string }))
    const ports = [null, [], [0], [70000]].map((given) => ({ ports: given as unknown as number[] }))
    const leftOut: string[] = []
    assert.deepEqual(serversIn({ tasks: [...hosts, ...ports] }, undefined, undefined, leftOut), [])
    assert.deepEqual([leftOut.length, leftOut.every((line) => line.endsWith(' no-endpoint'))], [8, true])
  })

  it('are those of admitted tasks; of two at one place the first by id that is admitted', () => {
    const tasks = ['c', 'a', 'b'].map((id) => ({ id, host: 'h', ports: [31001] }))
    const taskOf = (...admitted: string[]) => serversIn({ tasks }, ({ id }) => admitted.includes(id))[0]?.taskId
    assert.equal(taskOf('a', 'b', 'c'), 'a')
    assert.equal(taskOf('c', 'b'), 'b')
    assert.equal(taskOf(), undefined)
    const leftOut: string[] = []
    serversIn({ tasks }, ({ id }) => id !== 'c', undefined, leftOut)
    assert.deepEqual(leftOut, ['b same-endpoint', 'c unhealthy'])
    const asked: string[] = []
    serversIn({ tasks: [{ host: 'h', ports: [31001] }] }, (_task, name) => asked.push(name) > 0)
    assert.deepEqual(asked, ['h_31001'])
  })

  it('are the same for twins with one id, whichever comes first', () => {
    const twins = [
      { id: 'a', host: 'h', ports: [31001], health: 'healthy' as const },
      { id: 'a', host: 'h', ports: [31001], health: 'unknown' as const },
      { id: 'a', host: 'g', ports: [31002], health: 'unhealthy' as const },
      { id: '', host: 'h', ports: [31003, 31004] },
      { id: '', host: 'h', ports: [31003, 31005] },
    ].map((twin) => ({ ...twin, ipAddresses: [] }))
    const spec = { ports: [10000, 10001], healthChecks: [httpCheck] }
    const expected = serversIn({ ...spec, tasks: twins }, undefined, 1)
    assert.equal(expected.length, 3)
    assert.deepEqual(serversIn({ ...spec, tasks: twins.toReversed() }, undefined, 1), expected)
  })

  it('are fit where their task is known to be healthy, or the app has no checks', () => {
    const tasks = (['healthy', 'unknown', 'unhealthy'] as const).map((health, at) => ({ health, ports: [31001 + at] }))
    const fit = (spec: AppSpec) => serversIn({ tasks, ...spec }).map(({ isFit }) => isFit)
    assert.deepEqual(fit({ healthChecks: [httpCheck] }), [true, false, false])
    assert.deepEqual(fit({}), [true, true, true])
  })

  it('are checked at another port where the task has one, at the same host', () => {
    const ports = [10000, 10001]
    const checked = (spec: AppSpec, index = 1) =>
      serversIn({ ports, ...spec }, undefined, index).map(({ checkPort }) => checkPort)
    assert.deepEqual(checked({ tasks: [{ ports: [31001, 31002] }, { ports: [31003] }, { ports: [31004, 0] }] }), [
      31002,
      undefined,
      undefined,
    ])
    assert.deepEqual(checked({ tasks: [{ ports: [31001, 31002] }] }, 0), [undefined], 'its own port')
    const mixed = [{ containerPort: 8080 }, { containerPort: 8081, hostPort: 0 }]
    const container = { networks: [{ mode: 'container' }], container: { portMappings: mixed } }
    const task = { ports: [31001], ipAddresses: [{ ipAddress: '10.1.0.9' }] }
    assert.deepEqual(checked({ ...container, tasks: [task] }), [undefined], 'one in the container, one at the agent')
    const inside = {
      networks: [{ mode: 'container' }],
      container: { portMappings: [{ containerPort: 80 }, { containerPort: 81 }] },
    }
    assert.deepEqual(checked({ ...inside, tasks: [task] }), [81])
  })
})

describe('servers', () => {
  const port = { appId: '/web', portIndex: 0 }
  const on = (...hosts: string[]) => ({ tasks: hosts.map((host, index) => ({ host, ports: [31001 + index] })) })

  it('are placed by the addresses of their hosts and keep their names', () => {
    const servers = serversIn(on('agent-1'))
    const placed = placeServers([{ ...port, servers, other: 'kept' }], new Map([['agent-1', 'fd00::1']]))
    assert.deepEqual(placed, {
      services: [{ ...port, servers: [{ ...servers[0], address: 'fd00::1' }], other: 'kept' }],
      findings: [],
    })
    assert.deepEqual(namesOf(servers), ['agent-1_31001'])
  })

  it('of a host without an address are left out, with one warning a host, and a finding each', () => {
    const services = [
      { ...port, servers: serversIn(on('dead', 'agent')) },
      { ...port, servers: serversIn(on('dead', 'cold')) },
    ]
    const placed = placeServers(services, new Map([['agent', '10.0.0.1']]))
    assert.deepEqual(
      placed.services.map(({ servers }) => servers.map(({ address }) => address)),
      [['10.0.0.1'], []],
    )
    assert.deepEqual(warningsIn(placed.findings), [
      'agent cold has no address in /etc/hosts or DNS: its tasks are left out',
      'agent dead has no address in /etc/hosts or DNS: its tasks are left out',
    ])
    const tasks = placed.findings.filter(({ taskId }) => taskId !== undefined)
    assert.deepEqual(
      tasks.map(({ kind, says }) => [kind, says]),
      [
        ['no-address', 'is left out: agent dead has no address in /etc/hosts or DNS'],
        ['no-address', 'is left out: agent cold has no address in /etc/hosts or DNS'],
        ['no-address', 'is left out: agent dead has no address in /etc/hosts or DNS'],
      ],
    )
    assert.deepEqual(services[0]?.servers.length, 2, 'what was given stays as it was')
  })
})
