import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import type { Service } from '../../src/marathon/services.js'
import { type Routing, routingOf } from '../../src/render/routing.js'
import { randomFrom, shuffled } from '../support/random.js'
import { routes, service } from '../support/service.js'

const random = randomFrom(5)

/** Asserts what the maps are, in whatever order the services come. */
function assertRouting(services: Service[], expected: Partial<Routing>, byAppId = false): void {
  const whole = { hosts: undefined, paths: undefined, apps: undefined, pathBytes: 0, ...expected }
  for (let round = 0; round < 10; round++) assert.deepEqual(routingOf(shuffled(services, random), byAppId), whole)
}

describe('the map of hosts', () => {
  it('has a line for each host that leads to a service as a whole, sorted', () => {
    const services = [
      service('/b', { routes: routes(0, 'z.test', 'b.test') }),
      service('/a', { routes: routes(0, 'c.test') }),
      service('/none'),
    ]
    assertRouting(services, { hosts: 'b.test b_0\nc.test a_0\nz.test b_0\n' })
  })

  it('is none where there is no host', () => {
    assertRouting([service('/a')], {})
    assertRouting([], {})
  })
})

describe('the map of paths', () => {
  it('has a line for each path, which ends in a slash like what is looked up; its host is no whole one by that', () => {
    const services = [
      service('/b', { routes: routes(1, 'a.test/some', 'a.test/some/more', 'b.test/some') }),
      service('/a', { routes: routes(1, 'a.test/other') }),
    ]
    const paths = 'a.test/other/ a_0\na.test/some/ b_0\na.test/some/more/ b_0\nb.test/some/ b_0\n'
    assertRouting(services, { paths, pathBytes: '/some/more/'.length })
  })

  it('says how many bytes of a path must be looked at, whatever has the longest', () => {
    const long = `/${'x'.repeat(1023)}`
    const services = [
      service('/a', { routes: routes(1, 'a.test/b') }),
      service('/b', { routes: routes(1, `b.test${long}`) }),
    ]
    assert.equal(routingOf(services, false).pathBytes, 1025)
    assert.equal(routingOf(services.slice(0, 1), false).pathBytes, 3)
  })

  it('stands beside that of hosts', () => {
    const services = [service('/a', { routes: routes(0, 'a.test') }), service('/b', { routes: routes(1, 'a.test/b') })]
    assertRouting(services, { hosts: 'a.test a_0\n', paths: 'a.test/b/ b_0\n', pathBytes: 3 })
  })
})

describe('the map of apps', () => {
  const services = [
    service('/Shop/Web'),
    service('/tcp', { mode: 'tcp' }),
    service('/two', { mode: 'tcp' }),
    service('/two', { portIndex: 1 }),
    service('/two', { portIndex: 2 }),
  ]

  it('leads to the first http service of each app, by its id in small letters', () => {
    const { apps } = routingOf(services, true)
    assert.equal(apps, '/shop/web Shop_Web_0\n/two two_1\n')
  })

  it('is none unless it is wished, or where no service is in mode http', () => {
    assertRouting(services, {})
    assertRouting([service('/tcp', { mode: 'tcp' })], {}, true)
  })

  it('is apart from that of hosts, which could be named like an app', () => {
    assertRouting(
      [service('/root', { routes: routes(0, 'root') })],
      { hosts: 'root root_0\n', apps: '/root root_0\n' },
      true,
    )
  })
})

describe('the maps of hosts and paths', () => {
  it('lead every request where the heaviest rule that matches it leads, and the longest of those', () => {
    const word = (): string => ['a', 'b', 'ab'][random(3)] ?? ''
    const path = (): string => Array.from({ length: random(4) }, () => `/${word()}`).join('')
    const services = Array.from({ length: 40 }, (_, at) =>
      service(`/app-${10 + at}`, { routes: routes(random(3), `${word()}.test${path()}`, `${word()}.test${path()}`) }),
    )
    const { services: settled } = settleConflicts(services, new Map())
    const routing = routingOf(settled, false)
    for (let request = 0; request < 2000; request++) {
      const asked = { host: `${word()}.test`, path: `${path() || '/'}${['', '/', 'b'][random(3)]}` }
      assert.equal(lookUp(routing, asked), scan(services, asked), `${asked.host}${asked.path}`)
    }
  })
})

interface Asked {
  host: string
  path: string
}

/** What HAProxy finds: the longest key that begins the request, of which only so many bytes are looked at, else its host. */
function lookUp({ hosts = '', paths = '', pathBytes }: Routing, { host, path }: Asked): string | undefined {
  const linesOf = (map: string): [string, string][] =>
    map.split('\n').map((line) => line.split(' ') as [string, string])
  const key = `${host}${path.slice(0, pathBytes)}/`
  const found = linesOf(paths).filter(([start]) => start !== '' && key.startsWith(start))
  const longest = found.sort(([a], [b]) => b.length - a.length)[0]
  return longest?.[1] ?? linesOf(hosts).find(([name]) => name === host)?.[1]
}

/** What the rules say one by one; of those that are alike, the first app's counts. */
function scan(services: Service[], { host, path }: Asked): string | undefined {
  const rules = services.flatMap(({ backend, routes: own }) => own.map((route) => ({ ...route, backend })))
  const matching = rules.filter((rule) => rule.host === host && `${path}/`.startsWith(`${rule.path}/`))
  return matching.sort((a, b) => b.weight - a.weight || b.path.length - a.path.length)[0]?.backend
}
