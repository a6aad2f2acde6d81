import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Check } from '../../src/marathon/checks.js'
import type { Service } from '../../src/marathon/services.js'
import { type Frontends, hostLines, viewOf } from '../../src/render/view.js'

const check: Check = { kind: 'http', path: '/health', interval: 5, timeout: 3, fall: 4 }

const service = (backend: string, spec: Partial<Service> = {}): Service => ({
  backend,
  appId: `/${backend}`,
  portIndex: 0,
  servicePort: 10000,
  mode: 'http',
  vhosts: [],
  check: undefined,
  servers: [],
  ...spec,
})

const paths = { liveFile: '/l', templates: '/t', statsSocket: undefined, hostsMap: undefined }
const off: Frontends = { address: '*', http: undefined, https: undefined, stats: undefined, certificates: [] }
const view = (services: Service[], frontends: Partial<Frontends> = {}, resolved = true) =>
  viewOf(services, { ...off, ...frontends }, paths, resolved)

describe('the view', () => {
  it('has each bind ready to be written; the stats page is on loopback wherever the others are', () => {
    const bind = (frontends: Partial<Frontends>) => view([], frontends).frontends.bind
    const ports = { http: 80, https: 443, stats: 9090 }
    assert.deepEqual(bind(ports), { http: '*:80', https: '*:443', stats: '127.0.0.1:9090' })
    assert.deepEqual(bind({ ...ports, address: '::1' }), {
      http: '[::1]:80',
      https: '[::1]:443',
      stats: '127.0.0.1:9090',
    })
    assert.deepEqual(bind({}), { http: '', https: '', stats: '' })
  })

  it('has the service ports by number, without those that get no listener', () => {
    const services = [service('a_0', { servicePort: 10002 }), service('b_0', { servicePort: undefined })]
    const ports = view([...services, service('c_0', { servicePort: 9000, mode: 'tcp' })], {
      address: '10.0.0.1',
    }).servicePorts
    assert.deepEqual(ports, [
      { frontend: 'service:9000', bind: '10.0.0.1:9000', mode: 'tcp', backend: 'c_0' },
      { frontend: 'service:10002', bind: '10.0.0.1:10002', mode: 'http', backend: 'a_0' },
    ])
  })

  it('has the backends in the order of the services, each with its servers', () => {
    const servers = [
      { name: 'a_1', host: 'a', address: '10.0.0.1', port: 1 },
      { name: 'b_2', host: 'b', address: 'fd00::1', port: 2 },
    ]
    const { backends } = view([service('z_0', { servers }), service('a_0')])
    assert.deepEqual(backends, [
      {
        name: 'z_0',
        mode: 'http',
        check: undefined,
        serverOptions: '',
        servers: [
          { name: 'a_1', endpoint: '10.0.0.1:1' },
          { name: 'b_2', endpoint: '[fd00::1]:2' },
        ],
      },
      { name: 'a_0', mode: 'http', check: undefined, serverOptions: '', servers: [] },
    ])
  })

  it('has what stands behind every server: its check, and what a name without an address needs', () => {
    const options = (given: Check | undefined, resolved = true) =>
      view([service('a_0', { check: given })], {}, resolved).backends[0]?.serverOptions
    assert.equal(options(check), ' check inter 5s fall 4')
    assert.equal(options({ ...check, kind: 'tcp' }), ' check inter 5s fall 4')
    assert.equal(options({ ...check, kind: 'https' }), ' check check-ssl verify none inter 5s fall 4')
    assert.equal(options(undefined, false), ' init-addr last,libc,none')
    assert.equal(options(check, false), ' check inter 5s fall 4 init-addr last,libc,none')
  })
})

describe('the hosts map', () => {
  it('has a line for each host, sorted, whatever the order of the services', () => {
    const services = [service('b_0', { vhosts: ['b.test', 'z.test'] }), service('a_0', { vhosts: ['c.test'] })]
    const lines = 'b.test b_0\nc.test a_0\nz.test b_0\n'
    assert.equal(hostLines(services), lines)
    assert.equal(hostLines(services.toReversed()), lines)
    assert.equal(hostLines([service('a_0')]), undefined)
    assert.equal(hostLines([]), undefined)
  })
})
