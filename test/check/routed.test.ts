import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asRendered, serversOf, serviceOfHost, servicesOfPort } from '../../src/check/routed.js'
import { routes, server, service } from '../support/service.js'

const listener = (address: string, port: number) => ({ address, port, certificate: undefined, options: [] })
const services = [
  service('/whole', { routes: routes(0, 'shop.test'), listener: listener('*', 10001) }),
  service('/admin', { routes: routes(1, 'shop.test/admin', 'other.test/a'), listener: listener('10.0.0.1', 10002) }),
  service('/users', { routes: routes(1, 'shop.test/admin/users'), listener: listener('::1', 10002) }),
]

describe('an example request', () => {
  const led: Record<string, string | undefined> = {
    'shop.test': '/whole',
    'SHOP.test:8080': '/whole',
    'shop.test/': '/whole',
    'shop.test/administer': '/whole',
    'shop.test/ADMIN': '/whole',
    'shop.test/admin': '/admin',
    'shop.test/admin/': '/admin',
    'shop.test:80/admin/x?y=/users': '/admin',
    'shop.test/admin?x': '/admin',
    'shop.test/admin/users/1': '/users',
    'other.test/a/b': '/admin',
    'other.test': undefined,
    'other.test/b': undefined,
    'www.shop.test': undefined,
    'shop.tes': undefined,
  }
  for (const [request, appId] of Object.entries(led)) {
    it(`for ${request} is led to ${appId ?? 'nobody'}`, () => {
      for (const order of [services, services.toReversed()]) assert.equal(serviceOfHost(order, request)?.appId, appId)
    })
  }
})

describe('a listener', () => {
  it('is named by its port, and its address where several have that', () => {
    const at = (place: string) => servicesOfPort(services, place).map(({ appId }) => appId)
    assert.deepEqual(at('10001'), ['/whole'])
    assert.deepEqual(at('*:10001'), ['/whole'])
    assert.deepEqual(at('10002'), ['/admin', '/users'])
    assert.deepEqual(at('10.0.0.1:10002'), ['/admin'])
    assert.deepEqual(at('[::1]:10002'), ['/users'])
    assert.deepEqual(at('1000'), [])
  })
})

describe('the servers of a service', () => {
  it('are those that Marathon names, in one order', () => {
    const servers = [
      server('192.0.2.1', 2, { host: 'agent' }),
      server('192.0.2.1', 1, { host: 'agent' }),
      server('fd00::1', 3),
    ]
    assert.deepEqual(serversOf(service('/a', { servers })), ['[fd00::1]:3', 'agent:1', 'agent:2'])
  })
})

describe('services as rendered', () => {
  const whole = service('/web', {
    routes: routes(0, 'shop.test', 'shop.test/admin'),
    listener: listener('fd00::1', 10001),
    servers: [server('192.0.2.1', 1), server('fd00::2', 2)],
  })
  const text =
    'frontend x\n  bind [fd00::1]:10001\nbackend web_0\n  server a 192.0.2.1:1 check\n  server b [fd00::2]:2\n'
  const maps = [
    { path: '/hosts', text: 'a.test web_0\nshop.test web_0\n' },
    { path: '/paths', text: 'shop.test/admin/ web_0\n' },
  ]

  it('are whole where everything of them stands there', () => {
    assert.deepEqual(asRendered([whole], { text, maps }), [whole])
  })

  it('lack what stands there for another, or not at all', () => {
    const others = { text: text.replace('web_0', 'web_1').replace('10001', '10002'), maps: [] }
    const [bare] = asRendered([whole], others)
    assert.deepEqual(bare, { ...whole, routes: [], listener: undefined, servers: [] })
    const led = maps.map((map) => ({ ...map, text: map.text.replaceAll('web_0', 'web_1') }))
    assert.deepEqual(asRendered([whole], { text, maps: led })[0]?.routes, [])
  })
})
