import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Bind } from '../../src/haproxy/config-text.js'
import { tryListeners } from '../../src/haproxy/listeners.js'
import { listen } from '../support/listen.js'
import { freePort } from '../support/ports.js'

const at = (address: string, port: number): Bind => ({ address, port })

describe('a listener', () => {
  let busy: { port: number; close(): Promise<void> }
  let free: number
  before(async () => {
    busy = await listen(createServer(), await freePort())
    free = await freePort()
  })
  after(() => busy.close())

  it('that can be opened is not refused, and is free again afterwards', async () => {
    for (const address of ['127.0.0.1', '*', '0.0.0.0']) {
      assert.deepEqual(await tryListeners([at(address, free)], []), [])
    }
  })

  it('is refused where another process holds the port, at this address or at all', async () => {
    for (const address of ['127.0.0.1', '*']) {
      const bind = at(address, busy.port)
      assert.deepEqual(await tryListeners([bind], []), [{ bind, code: 'EADDRINUSE' }])
    }
    assert.deepEqual(await tryListeners([at('127.0.0.2', busy.port)], []), [], 'another address of this host is free')
  })

  it('is refused at an address that is not of this host', async () => {
    const bind = at('192.0.2.1', free)
    assert.deepEqual(await tryListeners([bind], []), [{ bind, code: 'EADDRNOTAVAIL' }])
    assert.deepEqual(await tryListeners([bind], [at('127.0.0.1', free)]), [{ bind, code: 'EADDRNOTAVAIL' }])
  })

  it('that HAProxy holds already is not tried', async () => {
    const held = [at('127.0.0.1', busy.port), at('192.0.2.1', free)]
    assert.deepEqual(await tryListeners(held, held), [])
    assert.deepEqual(
      await tryListeners([at('*', busy.port)], held),
      [],
      'HAProxy gives up its own port for another address',
    )
    assert.equal((await tryListeners([at('127.0.0.1', busy.port)], [at('127.0.0.1', free)])).length, 1)
  })

  it('is told apart from the others', async () => {
    const binds = [at('127.0.0.1', free), at('127.0.0.1', busy.port), at('192.0.2.1', busy.port)]
    assert.deepEqual(
      (await tryListeners(binds, [])).map(({ code }) => code),
      ['EADDRINUSE', 'EADDRNOTAVAIL'],
    )
  })

  it('that says itself to be somewhere else is not tried', async () => {
    for (const address of ['127.0.0.1', '*', '192.0.2.1']) {
      assert.deepEqual(await tryListeners([{ ...at(address, busy.port), isUntriable: true }], []), [])
    }
  })
})

describe('a port that HAProxy holds at one address', () => {
  /** Listens at these addresses of one port. */
  async function occupy(t: TestContext, addresses: string[]): Promise<number> {
    const port = await freePort()
    for (const host of addresses) {
      const server = createServer()
      t.after(() => server.close())
      await once(
        server.listen({ host, port, exclusive: true, ipv6Only: host === '::' && addresses.length > 1 }),
        'listening',
      )
    }
    return port
  }

  /** Whether the wanted address is refused where all these are listened to, and HAProxy holds some of them. */
  async function isRefused(t: TestContext, wanted: string, listened: string[], held: string[]): Promise<boolean> {
    const port = await occupy(t, listened)
    const bind = at(wanted, port)
    const refused = await tryListeners(
      [bind],
      held.map((address) => at(address, port)),
    )
    if (refused.length > 0) assert.deepEqual(refused, [{ bind, code: 'EADDRINUSE' }])
    return refused.length > 0
  }

  it('is not to be had everywhere while somebody else listens at another', async (t) => {
    for (const wanted of ['*', '0.0.0.0', '::']) {
      assert.equal(await isRefused(t, wanted, ['127.0.0.1', '127.0.0.2'], ['127.0.0.1']), true, wanted)
      assert.equal(await isRefused(t, wanted, ['127.0.0.1'], ['127.0.0.1']), false, wanted)
      assert.equal(await isRefused(t, wanted, ['127.0.0.1', '127.0.0.2'], ['127.0.0.1', '127.0.0.2']), false, wanted)
    }
  })

  it('is not either where one of both is of IPv6', async (t) => {
    assert.equal(await isRefused(t, '::', ['::1', '127.0.0.1'], ['::1']), true)
    assert.equal(await isRefused(t, '::', ['::1', '127.0.0.1'], ['127.0.0.1']), true)
    assert.equal(await isRefused(t, '::', ['::1', '127.0.0.1'], ['127.0.0.1', '::1']), false)
    assert.equal(await isRefused(t, '::', ['::1'], ['::1']), false)
    assert.equal(await isRefused(t, '*', ['127.0.0.1', '::ffff:127.0.0.2'], ['127.0.0.1']), true)
    assert.equal(await isRefused(t, '*', ['127.0.0.1', '::ffff:127.0.0.2'], ['127.0.0.1', '127.0.0.2']), false)
  })

  it('is to be had at one address of those, whoever listens where this is not in the way', async (t) => {
    assert.equal(await isRefused(t, '127.0.0.1', ['0.0.0.0', '::1'], ['*']), false)
    assert.equal(await isRefused(t, '127.0.0.1', ['0.0.0.0', '::'], ['*']), false)
    assert.equal(await isRefused(t, '::1', ['::', '0.0.0.0'], ['::']), false)
    assert.equal(await isRefused(t, '127.0.0.1', ['::'], ['::']), false)
    assert.equal(await isRefused(t, '*', ['127.0.0.1', '::1'], ['127.0.0.1']), false)
  })

  it('is not to be had where somebody else has it, whatever HAProxy is said to hold', async (t) => {
    assert.equal(await isRefused(t, '127.0.0.2', ['127.0.0.2'], ['*']), true)
    assert.equal(await isRefused(t, '127.0.0.2', ['::'], ['*']), true)
    assert.equal(await isRefused(t, '*', ['127.0.0.2'], ['127.0.0.1']), true)
  })
})
