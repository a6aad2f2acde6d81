import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseExpectations, readExpectations } from '../../src/check/expectations.js'
import { makeFile, makeFolder } from '../support/folder.js'

const parse = (expected: unknown) => parseExpectations(JSON.stringify(expected), '/x/a.expect.json')

describe('expectations', () => {
  it('are taken as they are, and nothing is expected of what they leave out', () => {
    const expected = {
      hosts: {
        'shop.test': ['agent:80', '[fd00::1]:80'],
        'shop.test:8080/a': [],
        'shop.test/a/b': [],
        'none.test': null,
      },
      ports: { '10001': ['10.0.0.1:1'], '127.0.0.1:8080': [], '[::1]:80': null, '*:65535': [] },
      contains: ['a'],
      'not-contains': ['b'],
      warnings: ['c'],
    }
    assert.deepEqual(parse(expected), expected)
    assert.deepEqual(parse({}), { hosts: {}, ports: {}, contains: [], 'not-contains': [], warnings: [] })
  })

  const wrong: [unknown, RegExp][] = [
    [[], /:1: not a JSON object of expectations$/],
    [{ host: {} }, /: unknown key "host" \(did you mean hosts\?\)$/],
    [{ contain: [] }, /\(did you mean contains\?\)$/],
    [{ toString: [] }, /unknown key "toString"$/],
    [{ contains: 'a' }, /: "contains" is not a list of texts$/],
    [{ warnings: [1] }, /"warnings" is not a list of texts$/],
    [{ hosts: ['a'] }, /"hosts" is not an object, with servers by host$/],
    [{ hosts: { '/a': [] } }, /"hosts" has "\/a", which is not a host or host\/path/],
    [{ hosts: { 'http://shop.test/': null } }, /"hosts" has "http:\/\/shop\.test\/", which is not a host/],
    [{ ports: { http: [] } }, /"ports" has "http", which is not a port or address:port/],
    [{ ports: { 70000: null } }, /"ports" has "70000", which is not a port or address:port/],
    [{ ports: { 0: null } }, /"ports" has "0", which is not a port/],
    [{ ports: { '080': null } }, /"ports" has "080", which is not a port/],
    [{ ports: { '127.0.0.l:80': null } }, /"ports" has "127\.0\.0\.l:80", which is not a port or address:port/],
    [{ ports: { '::1:80': null } }, /"ports" has "::1:80", which is not a port or address:port/],
    [{ hosts: { a: ['b:70000'] } }, /"hosts" of "a" is not a list of "host:port"/],
    [{ hosts: { a: 'b:80' } }, /"hosts" of "a" is not a list of "host:port"/],
    [{ hosts: { a: ['b'] } }, /"hosts" of "a" is not a list/],
    [{ ports: { 1: ['fd00::1:80'] } }, /"ports" of "1" is not a list .*IPv6 in brackets/],
    [{ ports: { 1: false } }, /nor null for what is not routed$/],
  ]
  for (const [expected, message] of wrong) {
    it(`are refused with their file: ${JSON.stringify(expected)}`, () => {
      assert.throws(() => parse(expected), { exit: 'bad-setup', message })
      assert.throws(() => parse(expected), { message: /^\/x\/a\.expect\.json:/ })
    })
  }

  it('are refused with the line of what is not JSON', () => {
    assert.throws(() => parseExpectations('{\n "hosts": {},\n "ports"\n}\n\n', 'a.expect.json'), {
      exit: 'bad-setup',
      message: /^a\.expect\.json:4: not valid JSON: /,
    })
  })

  it('may have a byte order mark', (t) => {
    const file = makeFile(makeFolder(t), 'a.expect.json', '\ufeff{"contains": ["a"]}')
    assert.deepEqual(readExpectations(file).contains, ['a'])
  })

  it('must be a regular file', () => {
    const message = 'cannot read the expectations /dev/null: it is not a regular file'
    assert.throws(() => readExpectations('/dev/null'), { exit: 'no-input', message })
  })

  it('must be there to be read', (t) => {
    const message = /^cannot read the expectations .*ENOENT/
    assert.throws(() => readExpectations(`${makeFolder(t)}/a.expect.json`), { exit: 'no-input', message })
  })
})
