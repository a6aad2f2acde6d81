import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { eventTypes, routingEvents } from '../../src/marathon/events.js'

async function* bodyOf(chunks: Iterable<string | Buffer>): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

async function typesIn(...chunks: (string | Buffer)[]): Promise<string[]> {
  const types: string[] = []
  for await (const type of eventTypes(bodyOf(chunks))) types.push(type)
  return types
}

const bytesOf = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.of(byte))

/** What the rules for text/event-stream (HTML, "event stream interpretation") make of the whole text. Types are bytes, as latin1. */
function typesByTheRules(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  lines.pop()
  const types: string[] = []
  let [type, data] = ['', '']
  for (const line of lines) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (line === '' && data !== '') types.push(type === '' ? 'message' : type)
    if (line === '') [type, data] = ['', '']
    if (field === 'event') type = value
    if (field === 'data') data += `${value}\n`
  }
  return types.map((type) => Buffer.from(type).toString('latin1'))
}

describe('an event stream', () => {
  it('gives the type of each event, as Marathon writes them', async () => {
    const written = routingEvents.map((type) => `event: ${type}\r\ndata: {"eventType":"${type}"}\r\n\r\n`)
    assert.deepEqual(await typesIn(written.join('\r\n\r\n')), routingEvents)
  })

  for (const [name, end] of Object.entries({ 'CR LF': '\r\n', LF: '\n', CR: '\r' })) {
    it(`may have lines that end with ${name}`, async () => {
      const text = ['event: a', 'data: 1', '', 'event: b', 'data: 2', '', ''].join(end)
      assert.deepEqual(await typesIn(text), ['a', 'b'])
      assert.deepEqual(await typesIn(...text), ['a', 'b'])
      assert.deepEqual(await typesIn(...[...text].flatMap((sign) => [sign, ''])), ['a', 'b'])
    })
  }

  const cases: Record<string, [text: string, types: string[]]> = {
    'of heartbeats and comments alone has no event': ['\r\n\r\n: data: x\r\n\r\n:\r\n\r\n', []],
    'may begin with a byte order mark': ['\uFEFFevent: a\ndata: 1\n\n', ['a']],
    'has one event for data of several lines': ['event: a\ndata: 1\ndata: 2\ndata\n\n', ['a']],
    'has no event without data, nor its type left over': ['event: a\n\ndata: 1\n\n', ['message']],
    'has events with data that are empty': ['event: a\ndata\n\nevent: b\ndata:\n\n', ['a', 'b']],
    'may have the type after the data, of which the last counts': ['data: 1\nevent: a\nevent: b\n\n', ['b']],
    'may leave out the blank, of which one counts': ['event:a\ndata:1\n\nevent:  b\ndata:1\n\n', ['a', ' b']],
    'may have colons in its values': ['event: a:b\ndata: 1\n\nevent::\ndata: 1\n\n', ['a:b', ':']],
    'may have other fields': ['id: 1\nretry: 2\nevents: b\nEvent: b\n event: b\nevent : b\ndata: 1\n\n', ['message']],
    'has no event that has not come to its end': ['event: a\ndata: 1\n', []],
    'may be empty': ['', []],
  }
  for (const [name, [text, types]] of Object.entries(cases)) {
    it(name, async () => {
      assert.deepEqual(typesByTheRules(text), types)
      assert.deepEqual(await typesIn(text), types)
      assert.deepEqual(await typesIn(...bytesOf(text)), types)
    })
  }

  it('gives the same types wherever it is split, also inside CR LF and inside a character', async () => {
    const line = fc.constantFrom(
      'event: a',
      'event:b',
      'event',
      'data: 1',
      'data',
      'data: {"é日🙂\u2028Å"}',
      ': é',
      'id: 1',
    )
    const text = fc.array(fc.oneof(line, fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\n\n', '\uFEFF: ')))
    const cuts = fc.array(fc.nat(400))
    const property = fc.asyncProperty(text, cuts, async (parts, places) => {
      const whole = Buffer.from(parts.join(''))
      const sorted = [0, ...places.filter((place) => place < whole.length).sort((a, b) => a - b), whole.length]
      const chunks = sorted.slice(1).map((end, index) => whole.subarray(sorted[index], end))
      const types = typesByTheRules(parts.join(''))
      assert.deepEqual(await typesIn(...chunks), types)
      assert.deepEqual(await typesIn(...bytesOf(parts.join(''))), types)
    })
    await fc.assert(property, { numRuns: 300 })
  })

  it('gives a type before it waits for more, even for the LF of a CR LF', async () => {
    const order: string[] = []
    async function* body(): AsyncGenerator<Buffer> {
      for (const chunk of ['event: a\r\ndata: 1\r\n\r', '\nevent: b\r\ndata: 1\r\n\r\n']) {
        yield Buffer.from(chunk)
        order.push('more')
      }
    }
    for await (const type of eventTypes(body())) order.push(type)
    assert.deepEqual(order, ['a', 'more', 'b', 'more'])
  })

  it('of long lines is read to its end, while no more than the beginning of a line is kept', async () => {
    const long = Array.from({ length: 160 }, () => 'x'.repeat(2 ** 16))
    const after = '\n\nevent: b\ndata: 1\n\n'
    assert.deepEqual(await typesIn('event: a\ndata: ', ...long, after), ['a', 'b'])
    assert.deepEqual(await typesIn(': ', ...long, after), ['b'])
    const [type = '', ...others] = await typesIn('event: ', ...long, '\ndata: 1', after)
    assert.match(type, /^x{100,256}$/)
    assert.deepEqual(others, ['b'])
  })
})
