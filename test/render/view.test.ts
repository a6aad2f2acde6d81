import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Check } from '../../src/marathon/checks.js'
import type { Demands } from '../../src/marathon/labels.js'
import type { Server } from '../../src/marathon/servers.js'
import type { Listener, Service } from '../../src/marathon/services.js'
import { cookieValue } from '../../src/render/names.js'
import { type Frontends, type View, viewOf } from '../../src/render/view.js'
import { noDemands, routes, server, service } from '../support/service.js'

const check: Check = { kind: 'http', speaksHttp: true, path: '/health', interval: 5, timeout: 3, fall: 4 }

const places = {
  liveFile: '/l',
  templates: '/t',
  statsSocket: undefined,
  hostsMap: '/h',
  pathsMap: undefined,
  appsMap: undefined,
  pathBytes: 7,
}
const off: Frontends = {
  address: '*',
  http: undefined,
  https: undefined,
  stats: undefined,
  appId: undefined,
  certificates: [],
}
const view = (services: Service[], frontends: Partial<Frontends> = {}, resolved = true): View =>
  viewOf(services, { ...off, ...frontends }, places, resolved)

const listener = (port: number, spec: Partial<Listener> = {}): Listener => ({
  address: '*',
  port,
  certificate: undefined,
  options: [],
  ...spec,
})

/** The backend of a service with these demands. */
function backendWith(demands: Partial<Demands>, spec: Partial<Service> = {}): View['backends'][number] {
  const [backend] = view([service('/a', { demands: { ...noDemands, ...demands }, ...spec })]).backends
  assert.ok(backend)
  return backend
}

describe('the view', () => {
  it('has each bind ready to be written; the stats page is on loopback wherever the others are', () => {
    const bind = (frontends: Partial<Frontends>) => view([], frontends).frontends.bind
    const ports = { http: 80, https: 443, stats: 9090, appId: 9091 }
    assert.deepEqual(bind(ports), { http: '*:80', https: '*:443', stats: '127.0.0.1:9090', appId: '*:9091' })
    assert.deepEqual(bind({ ...ports, address: '::1' }), {
      http: '[::1]:80',
      https: '[::1]:443',
      stats: '127.0.0.1:9090',
      appId: '[::1]:9091',
    })
    assert.deepEqual(bind({}), { http: '', https: '', stats: '', appId: '' })
  })

  it('has the paths of the maps, and how much of a path is looked at', () => {
    const { liveFile, hostsMap, pathsMap, appsMap, pathBytes } = view([])
    assert.deepEqual([liveFile, hostsMap, pathsMap, appsMap, pathBytes], ['/l', '/h', undefined, undefined, 7])
  })

  it('has the service ports by number, without those that get no listener', () => {
    const services = [
      service('/a', { listener: listener(10002, { address: '10.0.0.1' }) }),
      service('/b'),
      service('/c', { listener: listener(9000), mode: 'tcp' }),
    ]
    const plain = { bindOptions: [], secure: false }
    assert.deepEqual(view(services, { address: '10.0.0.1' }).servicePorts, [
      { frontend: 'service:all:9000', bind: '*:9000', ...plain, mode: 'tcp', backend: 'c_0' },
      { frontend: 'service:10002', bind: '10.0.0.1:10002', ...plain, mode: 'http', backend: 'a_0' },
    ])
  })

  it('has one number at two addresses in the order of the services', () => {
    const services = ['::1', '10.0.0.1'].map((address, at) =>
      service(`/${at}`, { listener: listener(9000, { address }) }),
    )
    const binds = view(services).servicePorts.map(({ frontend, bind }) => [frontend, bind])
    assert.deepEqual(binds, [
      ['service:::1:9000', '[::1]:9000'],
      ['service:10.0.0.1:9000', '10.0.0.1:9000'],
    ])
  })

  it('has the words that follow a bind, and whether its clients come with TLS', () => {
    const words = (spec: Partial<Listener>) => {
      const [port] = view([service('/a', { listener: listener(9000, spec) })]).servicePorts
      return [port?.bindOptions, port?.secure]
    }
    assert.deepEqual(words({ options: ['maxconn', '10'] }), [['maxconn', '10'], false])
    assert.deepEqual(words({ certificate: '/a b.pem' }), [['ssl', 'crt', '/a b.pem'], true])
    assert.deepEqual(words({ certificate: '/a.pem', options: ['no-tls-tickets'] }), [
      ['ssl', 'crt', '/a.pem', 'no-tls-tickets'],
      true,
    ])
    assert.deepEqual(words({ options: ['ssl', 'crt', '/trusted.pem'] }), [['ssl', 'crt', '/trusted.pem'], true])
  })

  it('has the backends in the order of the services, each with its servers and demands', () => {
    const servers = [server('10.0.0.1', 1), server('fd00::1', 2)]
    const { backends } = view([service('/z', { servers }), service('/a')])
    const plain = {
      ...noDemands,
      mode: 'http',
      allowedNetworks: [],
      hosts: [],
      check: undefined,
      serverOptions: '',
    }
    assert.deepEqual(backends, [
      {
        ...plain,
        name: 'z_0',
        userlist: 'users:z_0',
        servers: [
          { name: '10.0.0.1_1', endpoint: '10.0.0.1:1', options: '' },
          { name: 'fd00::1_2', endpoint: '[fd00::1]:2', options: '' },
        ],
      },
      { ...plain, name: 'a_0', userlist: 'users:a_0', servers: [] },
    ])
  })
})

describe('what a backend demands', () => {
  it('is given as it is', () => {
    const demands = {
      balance: 'leastconn',
      auth: { realm: 'r', user: 'u', hash: 'h' },
      redirectToHttps: true,
      hsts: true,
      proxyPassPath: '/in',
      redirect: '/to',
    }
    assert.deepEqual(backendWith(demands), { ...backendWith({}), ...demands })
  })

  it('has networks in lines that HAProxy takes, none lost and none twice', () => {
    const networks = Array.from({ length: 101 }, (_, at) => `10.0.${at}.0/24`)
    const linesOf = (count: number) => backendWith({ allowedNetworks: networks.slice(0, count) }).allowedNetworks
    const lengthsOf = (count: number) => linesOf(count).map(({ length }) => length)
    assert.deepEqual([0, 1, 50, 51, 101].map(lengthsOf), [[], [1], [50], [50, 1], [50, 50, 1]])
    assert.deepEqual(linesOf(101).flat(), networks)
  })

  it('has its hosts, each once and in such lines, where locations are rewritten', () => {
    const hosts = Array.from({ length: 51 }, (_, at) => `${at}.test`)
    const places = ['0.test', ...hosts.flatMap((host) => [`${host}/a`, `${host}/b`])]
    const own = { routes: routes(0, ...places) }
    assert.deepEqual(backendWith({}, own).hosts, [])
    assert.deepEqual(backendWith({ reverseProxyPath: '/a' }, own).hosts, [hosts.slice(0, 50), ['50.test']])
  })
})

describe('the options of servers', () => {
  it('say for all of them how they are checked, and what a name without an address needs', () => {
    const options = (given: Check | undefined, resolved = true) =>
      view([service('/a', { check: given })], {}, resolved).backends[0]?.serverOptions
    assert.equal(options(check), ' check inter 5s fall 4')
    assert.equal(options({ ...check, kind: 'tcp' }), ' check inter 5s fall 4')
    assert.equal(options({ ...check, kind: 'https' }), ' check check-ssl verify none inter 5s fall 4')
    assert.equal(options(undefined, false), ' init-addr last,libc,none')
    assert.equal(options(check, false), ' check inter 5s fall 4 init-addr last,libc,none')
  })

  const optionsOf = (spec: Partial<Server>, demands: Partial<Demands> = {}, more: Partial<Service> = {}) =>
    backendWith(demands, { servers: [server('10.0.0.1', 1, spec)], ...more }).servers[0]?.options

  it('say for each which port is checked, if it is checked at all', () => {
    assert.equal(optionsOf({ checkPort: 8081 }, {}, { check }), ' port 8081')
    assert.equal(optionsOf({}, {}, { check }), '')
    assert.equal(optionsOf({ checkPort: 8081 }), '')
  })

  it('have a cookie where clients are to stick, which only http can', () => {
    const cookie = ` cookie ${cookieValue('10.0.0.1_1')}`
    assert.equal(optionsOf({}, { sticky: true }), cookie)
    assert.equal(optionsOf({}, { sticky: true }, { mode: 'tcp' }), '')
  })

  it('give no weight to one that is drained', () => {
    assert.equal(optionsOf({ draining: true }), ' weight 0')
    const all = optionsOf({ checkPort: 2, draining: true }, { sticky: true }, { check })
    assert.equal(all, ` port 2 cookie ${cookieValue('10.0.0.1_1')} weight 0`)
  })
})
