import assert from 'node:assert/strict'
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { ask } from '../../src/haproxy/socket.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { startHaproxy, stopAll } from '../support/haproxy.js'
import { withoutRights } from '../support/rights.js'
import { bootConfig, createSite } from '../support/site.js'

const folder = makeFolder({ after })
const patience = 30_000

/** A command socket that does this with each connection. */
async function serve(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const path = join(makeFolder(t), 'socket')
  const server = createServer({ allowHalfOpen: true }, answer)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  return path
}

/** A socket whose listener has died without taking it away. */
async function leaveStale(): Promise<string> {
  const [path, stale] = [join(folder, 'socket'), join(folder, 'stale')]
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  renameSync(path, stale)
  await new Promise((resolve) => server.close(resolve))
  return stale
}

describe('a command socket', () => {
  it("of a HAProxy answers to its end, the master's too, which waits for more", async (t) => {
    const site = await createSite()
    t.after(() => site.remove())
    t.after(stopAll)
    writeFileSync(site.live, bootConfig(site))
    await startHaproxy(site.live, site)
    const info = await ask(site.statsSocket, 'show info', patience)
    assert.match(info.how === 'answered' ? info.text : '', /^Name: HAProxy\n[\s\S]*\nPid: \d+\n/)
    const processes = await ask(site.masterSocket, 'show proc', patience)
    assert.match(processes.how === 'answered' ? processes.text : '', /\bmaster\b/)
  })

  it('is sent one command, and the end of what is asked', async (t) => {
    const path = await serve(t, (socket) => {
      let sent = ''
      socket.on('data', (chunk) => {
        sent += chunk
      })
      socket.on('end', () => socket.end(`<${sent}>é`))
    })
    assert.deepEqual(await ask(path, 'show info', patience), { how: 'answered', text: '<show info\n>é' })
  })

  it('that answers nothing has answered all the same', async (t) => {
    const path = await serve(t, (socket) => socket.end())
    assert.deepEqual(await ask(path, 'reload', patience), { how: 'answered', text: '' })
  })

  it('is absent where nothing is, or nobody listens', async () => {
    const stale = await leaveStale()
    for (const path of [stale, makeFile(folder, 'file'), join(folder, 'nowhere')]) {
      assert.deepEqual(await ask(path, 'show info', patience), { how: 'absent' }, path)
    }
  })

  it('is forbidden where this user may not open it', async (t) => {
    const path = await serve(t, (socket) => socket.end('secret'))
    chmodSync(path, 0)
    assert.deepEqual(await withoutRights(() => ask(path, 'show info', patience)), { how: 'forbidden' })
  })

  it('is silent where no end of an answer comes in time, or the connection breaks', async (t) => {
    const sockets: Socket[] = []
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    const hanging = await serve(t, (socket) => sockets.push(socket))
    assert.deepEqual(await ask(hanging, 'show info', 100), { how: 'silent' })
    const half = await serve(t, (socket) => sockets.push(socket) && socket.write('Name: HAProxy\n'))
    assert.deepEqual(await ask(half, 'show info', 100), { how: 'silent' })
  })
})
