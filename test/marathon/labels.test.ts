import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LabelError, readLabels } from '../../src/marathon/labels.js'

const read = (name: string, value: string) => readLabels({ [`HAPROXY_0_${name}`]: value }, 0)

describe('the labels of a port', () => {
  it('say nothing where there are none', () => {
    const nothing = { groups: [], vhosts: [], port: undefined, mode: undefined, enabled: undefined }
    const others = { HAPROXY_1_VHOST: 'b.test', HAPROXY_00_PORT: '80', haproxy_0_port: '80', FOO: 'x' }
    assert.deepEqual(readLabels({}, 0), nothing)
    assert.deepEqual(readLabels(others, 0), nothing)
    assert.deepEqual(readLabels(others, 1).vhosts, ['b.test'])
    assert.deepEqual(readLabels({ HAPROXY_10_PORT: '80' }, 1).port, undefined)
    assert.deepEqual(readLabels({ HAPROXY_10_PORT: '80' }, 10).port, 80)
  })

  it('name groups, those of the port before those of the app', () => {
    assert.deepEqual(readLabels({ HAPROXY_GROUP: 'a, b,,' }, 3).groups, ['a', 'b'])
    assert.deepEqual(readLabels({ HAPROXY_GROUP: 'a', HAPROXY_3_GROUP: 'c' }, 3).groups, ['c'])
  })

  it('name hosts: in small letters, each once, sorted, without a dot at the end', () => {
    const vhosts: [string, string[]][] = [
      ['B.test, a.test.,b.TEST,', ['a.test', 'b.test']],
      ['localhost', ['localhost']],
      ['xn--bcher-kva.test', ['xn--bcher-kva.test']],
      ['_sip.a_b.test', ['_sip.a_b.test']],
      ['', []],
      [`${'a'.repeat(63)}.test`, [`${'a'.repeat(63)}.test`]],
    ]
    for (const [value, expected] of vhosts) assert.deepEqual(read('VHOST', value).vhosts, expected, value)
  })

  it('give a port, a mode and a switch in the ways that are written', () => {
    assert.deepEqual([read('PORT', ' 80 ').port, read('PORT', '65535').port, read('PORT', '1').port], [80, 65535, 1])
    assert.deepEqual([read('MODE', 'HTTP').mode, read('MODE', 'tcp ').mode], ['http', 'tcp'])
    for (const yes of ['true', 'True', 't', 'yes', 'Y', '1']) assert.equal(read('ENABLED', yes).enabled, true, yes)
    for (const no of ['false', 'F', 'no', 'n', '0', '']) assert.equal(read('ENABLED', no).enabled, false, no)
  })

  it('are refused as a whole, with label and value, where one cannot be what it should be', () => {
    const hostile = [
      'a b',
      'a.test\n  use_backend x',
      "a'b",
      'a"b',
      '*.test',
      'a..test',
      '-a.test',
      'a-.test',
      'a/b',
      'a:80',
    ]
    const wrong: Record<string, string[]> = {
      VHOST: [...hostile, 'é.test', 'a#b', '%[env(HOME)]', 'good.test,b%d', `${'a'.repeat(64)}.test`, 'a.'.repeat(130)],
      PORT: ['0', '65536', '080a', '-80', '80 81', '', '1e3', 'http'],
      MODE: ['', 'https', 'health', 'http tcp'],
      ENABLED: ['maybe', '2', 'on'],
    }
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const message = new RegExp(`^label HAPROXY_0_${name} is ".*", which is not \\S`)
        assert.throws(
          () => read(name, value),
          (error: Error) => error instanceof LabelError && message.test(error.message) && error.message.length < 250,
          `${name}=${value}`,
        )
      }
    }
  })

  it('are refused where one is not known, since it may close what would else be open', () => {
    const unknown = { message: 'label "HAPROXY_0_NO_SUCH_THING" is not one that this version knows' }
    assert.throws(() => read('NO_SUCH_THING', 'x'), unknown)
    assert.throws(() => read('', 'x'), LabelError)
    assert.throws(() => read('vhost', 'a.test'), LabelError)
    assert.deepEqual(readLabels({ HAPROXY_1_NO_SUCH_THING: 'x' }, 0).vhosts, [])
  })

  it('are refused with the same words in whatever order they come', () => {
    const words = (...names: string[]): string => {
      try {
        readLabels(Object.fromEntries(names.map((name) => [`HAPROXY_0_${name}`, 'x'])), 0)
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    assert.match(words('B_IS_UNKNOWN', 'A_IS_UNKNOWN'), /_IS_UNKNOWN/)
    assert.equal(words('B_IS_UNKNOWN', 'A_IS_UNKNOWN'), words('A_IS_UNKNOWN', 'B_IS_UNKNOWN'))
  })
})
