import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { type EventStream, openEvents } from '../../src/marathon/event-stream.js'
import { routingEvents } from '../../src/marathon/events.js'
import { readOptions } from '../../src/options.js'
import { assertHeard, lastRequest, openStream, reasonFor, startEmpty } from '../support/event-stream.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { listen } from '../support/listen.js'
import type { Fault } from '../support/marathon-faults.js'
import { freePort } from '../support/ports.js'
import { until } from '../support/wait.js'

/** Waits for the end of a stream, however it comes, and gives the types until then. */
async function allOf({ types }: EventStream): Promise<string[]> {
  const all: string[] = []
  try {
    for await (const type of types) all.push(type)
  } catch {
    // What is cut ends with an error.
  }
  return all
}

describe("Marathon's events", () => {
  it('are asked for by the types that count and by the one media type, and come until the stream is closed', async (t) => {
    const marathon = await startEmpty(t, { basePath: '/service/marathon' })
    const stream = await openStream(t, [`${marathon.url}/`])
    assert.equal(stream.from, marathon.url)
    const { path, accept, 'accept-encoding': encoding, 'user-agent': agent } = lastRequest(marathon)
    const types = routingEvents.map((type) => `&event_type=${type}`).join('')
    assert.equal(path, `/service/marathon/v2/events?plan-format=light${types}`)
    assert.deepEqual([accept, encoding], ['text/event-stream', undefined])
    assert.match(String(agent), /^haproxy-updater\//)
    marathon.events.emit('deployment_step_success')
    await assertHeard(marathon, stream)
    await stream.close()
    await until(() => marathon.events.connected === 0, { what: 'the end of the connection' })
  })

  it('end where Marathon ends them, and are cut when it is over', async (t) => {
    const marathon = await startEmpty(t)
    const [first, second] = [await openStream(t, [marathon.url]), await openStream(t, [marathon.url])]
    second.over.abort()
    assert.deepEqual(await allOf(second), [])
    await until(() => marathon.events.connected === 1, { what: 'the end of the second connection' })
    marathon.events.emit('api_post_event')
    marathon.events.emit('group_change_success')
    marathon.events.cut()
    assert.deepEqual(await allOf(first), ['api_post_event', 'group_change_success'])
  })

  it('are those of the first Marathon that has them', async (t) => {
    const [without, down, right, another] = [
      await startEmpty(t),
      await startEmpty(t),
      await startEmpty(t),
      await startEmpty(t),
    ]
    ;[without.eventFault, down.eventFault] = ['404', '503-json']
    const dead = `http://127.0.0.1:${await freePort()}`
    const stream = await openStream(t, [dead, without.url, down.url, right.url, another.url])
    assert.equal(stream.from, right.url)
    assert.equal(another.requests.length, 0)
    await assertHeard(right, stream)
  })

  it('count as dead when nothing has come for so long, not even a heartbeat', async (t) => {
    const [beating, silent] = [await startEmpty(t), await startEmpty(t)]
    silent.events.beats = false
    const [alive, dead] = [await openStream(t, [beating.url], {}, 800), await openStream(t, [silent.url], {}, 800)]
    const heard = allOf(alive)
    assert.deepEqual(await allOf(dead), [])
    beating.events.emit('status_update_event')
    beating.events.cut()
    assert.deepEqual(await heard, ['status_update_event'])
  })

  it('come for longer than the answer may take to begin', async (t) => {
    const [marathon, other] = [await startEmpty(t), await startEmpty(t)]
    other.events.beats = false
    // Of three seconds each of these has a fifth of one.
    const stream = await openStream(t, Array(15).fill(marathon.url))
    await allOf(await openStream(t, [other.url], {}, 400))
    await assertHeard(marathon, stream)
  })
})

describe("Marathon's events, where there are none,", () => {
  const faults: Partial<Record<Fault, ['refused' | 'failed', says: string]>> = {
    '403': ['refused', 'HTTP status 403'],
    '404': ['refused', 'HTTP status 404'],
    html: ['failed', 'content-type text/html, not text/event-stream'],
    drip: ['failed', 'content-type application/json, not text/event-stream'],
    '503-json': ['failed', 'HTTP status 503'],
    reset: ['failed', 'read ECONNRESET'],
  }
  for (const [fault, [how, says]] of Object.entries(faults) as [Fault, ['refused' | 'failed', string]][]) {
    it(`by "${fault}", are ${how}`, async (t) => {
      const marathon = await startEmpty(t)
      marathon.eventFault = fault
      assert.equal(await reasonFor(how, t, [marathon.url]), `${marathon.url}: ${says}`)
    })
  }

  it('by a method that is not allowed, are refused, and the connection is closed', async (t) => {
    let open = 0
    const server = createServer((_, response) => void response.writeHead(405).write('not here'))
    server.on('connection', (socket) => {
      open++
      socket.once('close', () => open--)
    })
    const { port, close } = await listen(server, 0)
    t.after(close)
    const url = `http://127.0.0.1:${port}`
    assert.equal(await reasonFor('refused', t, [url]), `${url}: HTTP status 405`)
    await until(() => open === 0, { what: 'the end of the connection' })
  })

  it('by an encoding that was not asked for, are refused', async (t) => {
    const headers = { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' }
    const server = createServer((_, response) => void response.writeHead(200, headers).flushHeaders())
    const { port, close } = await listen(server, 0)
    t.after(close)
    assert.match(await reasonFor('refused', t, [`http://127.0.0.1:${port}`]), /: content-encoding gzip, though none/)
  })

  it('by a connection that is refused, failed', async (t) => {
    assert.match(await reasonFor('failed', t, [`http://127.0.0.1:${await freePort()}`]), /: connect ECONNREFUSED /)
  })

  it('by silence, failed after a share of three seconds, as long as one of the URLs may have them later', async (t) => {
    const [silent, without] = [await startEmpty(t), await startEmpty(t)]
    ;[silent.eventFault, without.eventFault] = ['hang', '404']
    const reason = await reasonFor('failed', t, [silent.url, without.url])
    assert.equal(reason, `${silent.url}: no complete answer within 1.5 s; ${without.url}: HTTP status 404`)
  })

  it('because it is over already, failed', async (t) => {
    const config = makeFile(makeFolder(t), 'none.json', '{}')
    const options = readOptions({ config, marathon: ['http://127.0.0.1:1'] }, {})
    assert.equal((await openEvents(options, AbortSignal.abort())).how, 'failed')
  })
})
