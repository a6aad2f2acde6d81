import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { warningsIn } from '../../src/marathon/findings.js'
import type { Listener, Service } from '../../src/marathon/services.js'
import * as support from '../support/service.js'

const none = new Map<number, string>()

const listener = (port: number, address = '*'): Listener => ({ address, port, certificate: undefined, options: [] })

/** A service whose routes are written as `host/path weight`. */
function service(appId: string, spec: Partial<Omit<Service, 'routes'>> & { routes?: string[] }): Service {
  const routes = (spec.routes ?? []).flatMap((text) => {
    const [place = '', weight = '0'] = text.split(' ')
    return support.routes(Number(weight), place)
  })
  return support.service(appId, { ...spec, routes })
}

/** What each service has: its listener as `address:port`, and its routes as `host/path`. */
const haves = (services: Service[]): string[][] =>
  services.map(({ listener, routes }) => [
    ...(listener ? [`${listener.address}:${listener.port}`] : []),
    ...routes.map(({ host, path }) => host + path),
  ])

/** What each has once it is settled, and the warnings. */
function settle(services: Service[], reserved: ReadonlyMap<number, string> = none): [string[][], string[]] {
  const settled = settleConflicts(services, reserved)
  return [haves(settled.services), warningsIn(settled.findings)]
}

describe('a conflict over a service port', () => {
  it('is won by the first app; the other keeps its hosts', () => {
    const services = [
      service('/a', { listener: listener(10000), routes: ['a.test'] }),
      service('/b', { listener: listener(10000), routes: ['b.test'] }),
      service('/b', { listener: listener(10001), portIndex: 1 }),
    ]
    const settled = settleConflicts(services, none)
    assert.deepEqual(settled.services, [services[0], { ...services[1], listener: undefined }, services[2]])
    assert.deepEqual(warningsIn(settled.findings), ['/b port 0 does not get service port 10000: /a port 0 has it'])
  })

  it('within an app is won by its first port', () => {
    const services = [0, 1].map((portIndex) => service('/a', { portIndex, listener: listener(10000) }))
    assert.deepEqual(settle(services), [
      [['*:10000'], []],
      ['/a port 1 does not get service port 10000: /a port 0 has it'],
    ])
  })

  it('is none between two addresses, unless one of them is every address', () => {
    const addresses: [string, string, boolean][] = [
      ['10.0.0.1', '10.0.0.2', false],
      ['10.0.0.1', 'fd00::1', false],
      ['10.0.0.1', '10.0.0.1', true],
      ['*', '10.0.0.1', true],
      ['10.0.0.1', '*', true],
      ['*', '*', true],
      ['0.0.0.0', '10.0.0.1', true],
      ['fd00::1', '::', true],
      ['*', '::', true],
    ]
    for (const [one, other, isConflict] of addresses) {
      const services = [one, other].map((address, at) => service(`/${at}`, { listener: listener(10000, address) }))
      const second = isConflict ? [] : [`${other}:10000`]
      assert.deepEqual(settle(services)[0], [[`${one}:10000`], second], `${one} and ${other}`)
    }
    const ports = [10000, 10001].map((port, at) => service(`/${at}`, { listener: listener(port) }))
    assert.deepEqual(settle(ports), [[['*:10000'], ['*:10001']], []])
  })

  it('is said to be lost to who has the port, or comes first and lost its own', () => {
    const said = (...addresses: string[]) =>
      settle(addresses.map((address, at) => service(`/${'abc'[at]}`, { listener: listener(10000, address) })))
    const [first, second] = ['127.0.0.1', '127.0.0.2'] as const
    assert.deepEqual(said(first, '*', second), [
      [[`${first}:10000`], [], []],
      [
        '/b port 0 does not get service port 10000: /a port 0 has it',
        '/c port 0 does not get service port 10000: /b port 0 comes first',
      ],
    ])
    assert.match(said('*', second)[1].join(), /\/a port 0 has it$/)
    assert.match(said(first, '*', '::')[1].join(), /^\/b .* \/a port 0 has it,\/c .* \/a port 0 has it$/)
    assert.match(said(first, second, '*')[1].join(), /^\/c .* \/a port 0 has it$/)
  })

  it("with the program's own frontends is lost by every app, at whatever address", () => {
    const reserved = new Map([
      [80, 'http'],
      [443, 'https'],
    ])
    const services = [service('/a', { listener: listener(443) }), service('/b', { listener: listener(80, '10.0.0.1') })]
    assert.deepEqual(settle(services, reserved), [
      [[], []],
      [
        '/a port 0 does not get service port 443: the https frontend has it',
        '/b port 0 does not get service port 80: the http frontend has it',
      ],
    ])
  })
})

describe('a conflict over a route', () => {
  it('is won by the first app; the other keeps its port and its other hosts', () => {
    const services = [
      service('/a', { listener: listener(10000), routes: ['x.test'] }),
      service('/b', { listener: listener(10001), routes: ['b.test', 'x.test'] }),
    ]
    const settled = settleConflicts(services, none)
    assert.deepEqual(settled.services, [services[0], { ...services[1], routes: services[1]?.routes.slice(0, 1) }])
    assert.deepEqual(warningsIn(settled.findings), ['/b port 0 does not get host x.test: /a port 0 has it'])
  })

  it('is one warning for all that is lost to one other, with the first three by name', () => {
    const hosts = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.test`)
    const wanting = (count: number) =>
      settle([
        service('/a', { listener: listener(10000), routes: hosts }),
        service('/b', { routes: ['x.test'] }),
        service('/c', { routes: [...hosts.slice(0, count), 'x.test'] }),
      ])[1]
    const toOther = '/c port 0 does not get host x.test: /b port 0 has it'
    assert.deepEqual(wanting(5), [
      '/c port 0 does not get host a.test, host b.test, host c.test and 2 more: /a port 0 has it',
      toOther,
    ])
    assert.deepEqual(wanting(3), [
      '/c port 0 does not get host a.test, host b.test, host c.test: /a port 0 has it',
      toOther,
    ])
    const both = ['/a', '/b'].map((id) => service(id, { listener: listener(10000), routes: ['a.test/p 1'] }))
    assert.deepEqual(settle(both)[1], [
      '/b port 0 does not get service port 10000, host a.test path /p: /a port 0 has it',
    ])
  })

  it('is won by the heavier, whichever comes first', () => {
    const heavier = [service('/a', { routes: ['x.test/p 1'] }), service('/b', { routes: ['x.test/p 2'] })]
    assert.deepEqual(settle(heavier), [
      [[], ['x.test/p']],
      ['/a port 0 does not get host x.test path /p: /b port 0 has it'],
    ])
    const lighter = [service('/a', { routes: ['x.test 0'] }), service('/b', { routes: ['x.test -1'] })]
    assert.deepEqual(settle(lighter)[0], [['x.test'], []])
  })

  it('is none between paths of a host, or equal paths of two hosts, unless what is above weighs more', () => {
    const paths = ['x.test 1', 'x.test/a 1', 'x.test/a/b 2', 'x.test/ab 1', 'y.test/a 0']
    const services = paths.map((route, at) => service(`/${at}`, { routes: [route] }))
    assert.deepEqual(settle(services), [
      ['x.test', 'x.test/a', 'x.test/a/b', 'x.test/ab', 'y.test/a'].map((it) => [it]),
      [],
    ])
  })

  it('is lost below what is heavier, whose path is said', () => {
    const services = [
      service('/a', { routes: ['x.test/shop/cart 1', 'x.test/shopping 1', 'y.test/shop/cart 1'] }),
      service('/b', { routes: ['x.test/shop 5'] }),
      service('/c', { routes: ['y.test 2'] }),
    ]
    assert.deepEqual(settle(services), [
      [['x.test/shopping'], ['x.test/shop'], ['y.test']],
      [
        '/a port 0 does not get host x.test path /shop/cart: /b port 0, by its larger weight for /shop, has it',
        '/a port 0 does not get host y.test path /shop/cart: /c port 0, by its larger weight for the whole host, has it',
      ],
    ])
  })

  it('with a route of its own loses it and says nothing, since nothing changes', () => {
    const doubled = service('/a', { routes: ['x.test Infinity', 'x.test 0', 'y.test/a/b 1', 'y.test/a 2'] })
    assert.deepEqual(settle([doubled]), [[['x.test', 'y.test/a']], []])
  })
})

describe('settling', () => {
  it('is nothing to do between services that want nothing, and leaves what it was given as it was', () => {
    const services = [service('/a', { routes: ['x.test'] }), service('/b', { routes: ['x.test'] })]
    const before = structuredClone(services)
    assert.equal(settleConflicts(services, none).findings.length, 1)
    assert.deepEqual(services, before)
    assert.deepEqual(settle([support.service('/a'), support.service('/b')]), [[[], []], []])
  })

  const hosts = fc.constantFrom('x.test', 'y.test')
  const paths = fc.constantFrom('', '/a', '/a/b', '/a/b/c', '/ab')
  const route = fc
    .tuple(hosts, paths, fc.integer({ min: -1, max: 2 }))
    .map(([host, path, weight]) => `${host}${path} ${weight}`)
  const bind = fc.tuple(fc.constantFrom(10000, 10001), fc.constantFrom('*', '10.0.0.1', '10.0.0.2', '::'))
  const wants = fc.record({ bind: fc.option(bind), routes: fc.uniqueArray(route, { maxLength: 3 }) })
  const many = fc
    .array(wants, { minLength: 1, maxLength: 7 })
    .map((all) =>
      all.map(({ bind, routes }, at) =>
        service(`/${at}`, { routes, ...(bind ? { listener: listener(...bind) } : {}) }),
      ),
    )

  it('gives each service what it would have against every other alone, so that no third one changes a winner', () => {
    fc.assert(
      fc.property(many, (services) => {
        const [together] = settle(services)
        services.forEach((one, at) => {
          const alone = services
            .filter((other) => other !== one)
            .map((other) => {
              const pair = services.filter((each) => each === one || each === other)
              return new Set(settle(pair)[0][pair.indexOf(one)])
            })
          const expected = (settle([one])[0][0] ?? []).filter((have) => alone.every((pair) => pair.has(have)))
          assert.deepEqual(together[at], expected)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('leaves a request to the heaviest route that matches it, then the longest, then the first', () => {
    const request = fc.tuple(hosts, fc.constantFrom('/', '/a', '/a/', '/a/b/x', '/a/b/c', '/ab', '/abc', '/z'))
    fc.assert(
      fc.property(many, request, (services, [host, path]) => {
        const matching = (all: Service[]) =>
          all.flatMap(({ appId, routes }) =>
            routes
              .filter((route) => route.host === host && `${path}/`.startsWith(`${route.path}/`))
              .map((route) => ({ appId, ...route })),
          )
        const [heaviest] = matching(services).sort((a, b) => b.weight - a.weight || b.path.length - a.path.length)
        const [longest] = matching(settleConflicts(services, none).services).sort(
          (a, b) => b.path.length - a.path.length,
        )
        assert.equal(longest?.appId, heaviest?.appId)
      }),
      { numRuns: 500 },
    )
  })

  it('never leaves two services one listener or one path', () => {
    fc.assert(
      fc.property(many, (services) => {
        const [together, warnings] = settle(services)
        const routes = together.flat().filter((have) => have.includes('.test'))
        assert.equal(new Set(routes).size, routes.length)
        const settled = settleConflicts(settleConflicts(services, none).services, none)
        assert.deepEqual([haves(settled.services), settled.findings], [together, []], 'settled once is settled')
        assert.ok(warnings.length <= services.length * 4)
      }),
    )
  })
})
