import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  backendName,
  bindText,
  cookieValue,
  endpointText,
  frontendName,
  serverName,
  userlistName,
} from '../../src/render/names.js'
import { randomFrom } from '../support/random.js'

/** What HAProxy takes in the name of a backend or server on every version. */
const legal = /^[A-Za-z0-9_.:-]+$/

/** Asserts that no two of these ids, at no two of their ports, share a backend, and that each name is legal. */
function assertApart(ids: Iterable<string>): void {
  const owners = new Map<string, string>()
  for (const id of new Set(ids)) {
    for (const index of [0, 1, 10]) {
      const name = backendName(id, index)
      assert.match(name, legal)
      assert.ok(name.length < 250, name)
      assert.equal(owners.get(name), undefined, `${id} port ${index} and ${owners.get(name)} are both ${name}`)
      owners.set(name, `${id} port ${index}`)
    }
  }
}

describe('the backend of an app', () => {
  it('is named after its id and port', () => {
    assert.equal(backendName('/shop/web', 0), 'shop_web_0')
    assert.equal(backendName('/shop.v2/web-1', 12), 'shop.v2_web-1_12')
    assert.equal(backendName('/a', 0), 'a_0')
  })

  it('is named after a hash too where the id could be mistaken for another or is very long', () => {
    assert.match(backendName('/shop/my_web', 1), /^shop_my_web:[0-9a-f]{32}_1$/)
    assert.match(backendName(`/${'x'.repeat(300)}`, 0), /^x{200}:[0-9a-f]{32}_0$/)
    assert.match(backendName('/a b', 0), /^a-b:[0-9a-f]{32}_0$/)
  })

  it('never has the name of another, however alike the ids are', () => {
    const long = 'x'.repeat(199)
    assertApart([
      ...['/a/b', '/a_b', '/a-b', '/a.b', '/a/b/', '/a//b', '/a__b', '/a:b', '/A/b', '/a b', '/a\tb', '/ab', '/a/b_0'],
      ...['/a/b/0', '/a', '/a/0', '/a_0', '/a/1', '/a_1', '/a/10', '/a/1/0', '/a_1_0'],
      ...[`/${long}`, `/${long}x`, `/${long}xx`, `/${long}xy`, `/${long}/x`, `/${long}_x`, `/${long}/xx`],
    ])
  })

  it('cannot be had by an id that imitates the hash', () => {
    const victim = '/a_b'
    const hash = createHash('sha256').update(victim).digest('hex').slice(0, 32)
    assert.equal(backendName(victim, 0), `a_b:${hash}_0`)
    assertApart([
      victim,
      `/a_b:${hash}`,
      `/a/b:${hash}`,
      `/a/b/${hash}`,
      `/a_b_${hash}`,
      `/a/b-${hash}`,
      `/a_b:${hash}_0`,
    ])
  })

  it('has a name of its own for thousands of ids of few letters', () => {
    const random = randomFrom(1)
    const letters = ['a', 'b', '0', '1', '/', '_', '-', '.', ':', '/']
    const word = () => Array.from({ length: 1 + random(7) }, () => letters[random(letters.length)]).join('')
    assertApart(Array.from({ length: 5000 }, () => `/${word()}`))
  })
})

describe('the frontend of a service port', () => {
  const name = (address: string, port = 10000, usual = '*'): string => frontendName({ address, port }, usual)

  it('is named after its port, and after its address where that is not the usual one', () => {
    assert.equal(name('*'), 'service:10000')
    assert.equal(name('10.0.0.1', 10000, '10.0.0.1'), 'service:10000')
    assert.equal(name('10.0.0.1'), 'service:10.0.0.1:10000')
    assert.equal(name('*', 10000, '10.0.0.1'), 'service:all:10000')
    assert.equal(name('fd00::1'), 'service:fd00::1:10000')
  })

  it('never has the name of another, and a legal one', () => {
    const addresses = ['*', '0.0.0.0', '::', '::1', '::1:1', '10.0.0.1', 'fd00::1', 'fd00::1:0']
    for (const usual of addresses) {
      const names = addresses.flatMap((address) => [1, 80, 180, 10000].map((port) => name(address, port, usual)))
      assert.equal(new Set(names).size, names.length)
      for (const one of names) assert.match(one, legal)
    }
  })

  it('has no name that a backend could have', () => {
    const ids = ['/service:10000', '/service/10000', '/service_10000', '/service', '/service:all', '/all', '/10.0.0.1']
    const backends = ids.map((id) => backendName(id, 10000))
    for (const one of [name('*'), name('10.0.0.1'), name('*', 10000, '::')]) assert.ok(!backends.includes(one), one)
    const own = ['http', 'https', 'stats', 'app-id']
    assert.ok(own.every((id) => !own.includes(backendName(`/${id}`, 0))))
  })
})

describe('the userlist of a backend', () => {
  it('has a legal name that no frontend and no backend could have', () => {
    assert.equal(userlistName('shop_web_0'), 'users:shop_web_0')
    assert.match(userlistName(backendName('/a b', 0)), legal)
    const backends = ['/users:a', '/users/a', '/users'].map((id) => backendName(id, 0))
    assert.ok(!backends.includes(userlistName(backendName('/a', 0))))
  })
})

describe('what a cookie says of a server', () => {
  it('is the same for the same server, other for another, and tells nothing of it', () => {
    const servers = ['10.0.0.1_31000', '10.0.0.1_31001', '10.0.0.2_31000', 'agent_31000', 'fd00::1_31000']
    const values = servers.map(cookieValue)
    assert.deepEqual(servers.map(cookieValue), values)
    assert.equal(new Set(values).size, servers.length)
    for (const value of values) assert.match(value, /^[0-9a-f]{10}$/)
  })
})

describe('a server', () => {
  it('is named after host and port, in letters that HAProxy takes', () => {
    assert.equal(serverName('10.0.0.1', 31000), '10.0.0.1_31000')
    assert.equal(serverName('Agent-1.test', 31000), 'Agent-1.test_31000')
    assert.match(serverName('fd00::1', 31000), legal)
  })

  it('is reached at an address with its port, IPv6 in brackets', () => {
    assert.equal(endpointText('10.0.0.1', 80), '10.0.0.1:80')
    assert.equal(endpointText('agent', 80), 'agent:80')
    assert.equal(endpointText('fd00::1', 80), '[fd00::1]:80')
    assert.equal(bindText({ address: '*', port: 80 }), '*:80')
    assert.equal(bindText({ address: '::', port: 80 }), '[::]:80')
  })
})
