import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readApps } from '../../src/marathon/reply.js'
import { placeServers, type Rules, type Service, servicesOf } from '../../src/marathon/services.js'
import { app, httpCheck } from '../support/apps.js'

const everything: Rules = {
  groups: ['*'],
  requireEnabled: false,
  health: 'auto',
  unreachable: false,
  isLive: () => false,
}

const servicesIn = (apps: unknown[], rules: Partial<Rules> = {}) =>
  servicesOf(readApps({ apps }, false).apps, { ...everything, ...rules })

/** The only service of one app. */
function serviceOf(spec: Parameters<typeof app>[1], rules: Partial<Rules> = {}): Service {
  const { services } = servicesIn([app('/web', spec)], rules)
  assert.equal(services.length, 1)
  return services[0] as Service
}

const namesOf = (services: Service[]): string[] => services.map(({ backend }) => backend)

describe('the services of a reply', () => {
  it('are one for each tcp port of each app, sorted by app and port', () => {
    const { services, warnings } = servicesIn([app('/b', { ports: [10003, 10001] }), app('/a/x', { ports: [10002] })])
    assert.deepEqual(
      services.map(({ backend, appId, portIndex, servicePort }) => [backend, appId, portIndex, servicePort]),
      [
        ['a_x_0', '/a/x', 0, 10002],
        ['b_0', '/b', 0, 10003],
        ['b_1', '/b', 1, 10001],
      ],
    )
    assert.deepEqual(warnings, [])
  })

  it('leave out UDP, and keep the index of what follows', () => {
    const portDefinitions = [
      { port: 53, protocol: 'udp' },
      { port: 10001, protocol: 'tcp' },
    ]
    assert.deepEqual(namesOf(servicesIn([app('/dns', { portDefinitions })]).services), ['dns_1'])
  })

  it('keep one whose tasks are all gone, without servers', () => {
    assert.deepEqual(serviceOf({ tasks: [{ state: 'TASK_KILLING' }] }).servers, [])
    assert.deepEqual(serviceOf({ tasks: 0 }).servers, [])
  })

  it('leave out one whose labels are wrong, named in a warning, and no other', () => {
    const bad = { HAPROXY_0_PORT: 'x', HAPROXY_1_VHOST: 'b.test' }
    const { services, warnings } = servicesIn([app('/web', { ports: [10000, 10001], labels: bad }), app('/z')])
    assert.deepEqual(namesOf(services), ['web_1', 'z_0'])
    assert.deepEqual(warnings, [
      '/web port 0 is left out: label HAPROXY_0_PORT is "x", which is not a port from 1 to 65535',
    ])
  })

  it('are those of the groups that are wanted; * is all, with a group or without', () => {
    const labelled = (group: string) => app(`/${group}`, { labels: { HAPROXY_GROUP: group } })
    const apps = [labelled('external'), labelled('internal'), app('/none')]
    const wanted = (...groups: string[]) => namesOf(servicesIn(apps, { groups }).services)
    assert.deepEqual(wanted('*'), ['external_0', 'internal_0', 'none_0'])
    assert.deepEqual(wanted('external'), ['external_0'])
    assert.deepEqual(wanted('external', 'internal'), ['external_0', 'internal_0'])
    assert.deepEqual(wanted('other'), [])
    const both = app('/both', { labels: { HAPROXY_GROUP: 'external,internal' } })
    assert.deepEqual(namesOf(servicesIn([both], { groups: ['internal'] }).services), ['both_0'])
  })

  it('are those that are not switched off, or only those that are switched on', () => {
    const apps = ['true', 'false', undefined].map((enabled) =>
      app(`/${enabled}`, { labels: enabled === undefined ? {} : { HAPROXY_0_ENABLED: enabled } }),
    )
    assert.deepEqual(namesOf(servicesIn(apps).services), ['true_0', 'undefined_0'])
    assert.deepEqual(namesOf(servicesIn(apps, { requireEnabled: true }).services), ['true_0'])
  })
})

describe('a service', () => {
  it('is http by its label, its host or its check, and else tcp', () => {
    const cases: [Parameters<typeof app>[1], Service['mode']][] = [
      [{}, 'tcp'],
      [{ labels: { HAPROXY_0_VHOST: 'a.test' } }, 'http'],
      [{ healthChecks: [httpCheck] }, 'http'],
      [{ healthChecks: [{ ...httpCheck, protocol: 'TCP' }] }, 'tcp'],
      [{ healthChecks: [{ ...httpCheck, protocol: 'HTTPS' }] }, 'tcp'],
      [{ labels: { HAPROXY_0_MODE: 'http' } }, 'http'],
      [{ labels: { HAPROXY_0_MODE: 'tcp' }, healthChecks: [httpCheck] }, 'tcp'],
    ]
    for (const [spec, mode] of cases) assert.equal(serviceOf(spec).mode, mode, JSON.stringify(spec))
  })

  it('has no host where its label says tcp', () => {
    const labels = { HAPROXY_0_VHOST: 'a.test' }
    assert.deepEqual(serviceOf({ labels }).vhosts, ['a.test'])
    assert.deepEqual(serviceOf({ labels: { ...labels, HAPROXY_0_MODE: 'tcp' } }).vhosts, [])
  })

  it('listens where its label says, else at the service port', () => {
    assert.equal(serviceOf({ labels: { HAPROXY_0_PORT: '81' } }).servicePort, 81)
    assert.equal(serviceOf({}).servicePort, 10000)
    assert.equal(serviceOf({ ports: [0] }).servicePort, undefined)
  })

  it('has its servers by address and port, sorted, each once', () => {
    const tasks = [
      { host: 'b', ports: [31001] },
      { host: 'a', ports: [31002] },
      { host: 'a', ports: [31001] },
      { host: 'b', ports: [31001] },
      { host: null as unknown as string, ports: [31003] },
    ]
    assert.deepEqual(serviceOf({ tasks }).servers, [
      { name: 'a_31001', host: 'a', address: 'a', port: 31001 },
      { name: 'a_31002', host: 'a', address: 'a', port: 31002 },
      { name: 'b_31001', host: 'b', address: 'b', port: 31001 },
    ])
  })

  it('keeps a server of unknown health that is live, told by the names of backend and server', () => {
    const tasks = [{ ports: [31001] }, { ports: [31002], health: 'unknown' as const }]
    const spec = { tasks, healthChecks: [httpCheck] }
    const isLive = (backend: string, server: string) => `${backend}/${server}` === 'web_0/127.0.0.1_31002'
    assert.equal(serviceOf(spec).servers.length, 1)
    assert.equal(serviceOf(spec, { isLive }).servers.length, 2)
  })
})

describe('servers', () => {
  it('are placed by the addresses of their hosts and keep their names', () => {
    const { services } = servicesIn([app('/web', { tasks: [{ host: 'agent-1', ports: [31001] }] })])
    const placed = placeServers(services, new Map([['agent-1', 'fd00::1']]))
    assert.deepEqual(placed.services[0]?.servers, [
      { name: 'agent-1_31001', host: 'agent-1', address: 'fd00::1', port: 31001 },
    ])
    assert.deepEqual(placed.warnings, [])
  })

  it('of a host without an address are left out, with one warning a host', () => {
    const on = (...hosts: string[]) => ({ tasks: hosts.map((host, index) => ({ host, ports: [31001 + index] })) })
    const { services } = servicesIn([app('/a', on('dead', 'agent')), app('/b', on('dead', 'cold'))])
    const placed = placeServers(services, new Map([['agent', '10.0.0.1']]))
    assert.deepEqual(
      placed.services.map(({ servers }) => servers.map(({ address }) => address)),
      [['10.0.0.1'], []],
    )
    assert.deepEqual(placed.warnings, [
      'agent cold has no address in /etc/hosts or DNS: its tasks are left out',
      'agent dead has no address in /etc/hosts or DNS: its tasks are left out',
    ])
  })
})
