import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
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
})
