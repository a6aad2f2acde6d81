import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as values from '../src/option-values.js'

const given = (value: unknown) => ({ value, where: '--here' })

const colours = values.oneOf('red', 'green')
const ports = values.list(values.portOrOff)

interface Case {
  parse: values.Parse<unknown>
  /** Raw value and what it is read as. */
  accepted: [unknown, unknown][]
  refused: unknown[]
}

const cases: Record<string, Case> = {
  text: { parse: values.text, accepted: ['a b', 'off'].map((word) => [word, word]), refused: ['', true, null, {}, []] },
  url: {
    parse: values.url,
    accepted: [
      ['http://marathon.mesos:8080', 'http://marathon.mesos:8080'],
      ['https://master/service/marathon', 'https://master/service/marathon'],
      ['http://[::1]:8080', 'http://[::1]:8080'],
      ['10.0.0.5:8080', 'http://10.0.0.5:8080'],
      ['marathon', 'http://marathon'],
    ],
    refused: [
      '',
      'ftp://marathon',
      'file:///etc/passwd',
      'http://',
      'http://m/?label=x',
      'http://m/#top',
      'http://a b',
    ],
  },
  portOrOff: {
    parse: values.portOrOff,
    accepted: [
      ['1', 1],
      ['65535', 65535],
      [8080, 8080],
      ['off', undefined],
    ],
    refused: ['0', '65536', '-1', '80.5', '0x50', ' 80', 'http', '', 80.5, null],
  },
  duration: {
    parse: values.duration,
    accepted: [
      ['0', 0],
      ['30', 30_000],
      [30, 30_000],
      ['1.5', 1500],
      ['250ms', 250],
      ['20s', 20_000],
      ['2m', 120_000],
    ],
    refused: ['', '-1', '1h', '2 m', 'm', '1e3', '1,5', 'Infinity', null],
  },
  percent: {
    parse: values.percent,
    accepted: [
      ['0', 0],
      ['50%', 50],
      [12.5, 12.5],
      ['100', 100],
    ],
    refused: ['101', '-1', '%', 'half', ''],
  },
  mebibytes: {
    parse: values.mebibytes,
    accepted: [
      ['1', 2 ** 20],
      [512, 2 ** 29],
    ],
    refused: ['0', '1.5', '1G', '-1', ''],
  },
  textOrNone: {
    parse: values.textOrNone,
    accepted: [
      ['none', undefined],
      ['/run/x', '/run/x'],
    ],
    refused: ['', false],
  },
  address: {
    parse: values.address,
    accepted: [
      ['*', '*'],
      ['10.0.0.1', '10.0.0.1'],
      ['::', '::'],
      ['[2001:db8::1]', '2001:db8::1'],
      ['2001:DB8:0::1', '2001:db8::1'],
    ],
    refused: ['localhost', '300.1.1.1', '1.2.3', ':', '1:2', '10.0.0.1:80', '', '10.0.0.1 x'],
  },
  oneOf: { parse: colours, accepted: [['red', 'red']], refused: ['Red', 'blue', '', true] },
  onOff: {
    parse: values.onOff,
    accepted: [
      ['on', true],
      ['off', false],
    ],
    refused: ['true', '1', '', true],
  },
  flag: {
    parse: values.flag,
    accepted: [
      ...[true, 'true', 'yes', '1', 1].map((value): [unknown, boolean] => [value, true]),
      ...[false, 'false', 'no', '0', 0].map((value): [unknown, boolean] => [value, false]),
    ],
    refused: ['on', 'TRUE', '', null, []],
  },
  list: {
    parse: ports,
    accepted: [
      [
        ['80', 81],
        [80, 81],
      ],
      ['80, 81\t82', [80, 81, 82]],
      [80, [80]],
    ],
    refused: ['', ' , ', [], ['80', 'x'], [['80']]],
  },
}

for (const [name, { parse, accepted, refused }] of Object.entries(cases)) {
  describe(`a value of the kind ${name}`, () => {
    it('is read', () => {
      for (const [raw, expected] of accepted) assert.deepEqual(parse(given(raw)), expected, String(raw))
    })

    it('is refused with place and value where it is wrong', () => {
      for (const raw of refused) {
        assert.throws(() => parse(given(raw)), { exit: 'usage', message: /^--here is .*, which is not / }, String(raw))
      }
    })
  })
}

describe('a refused value', () => {
  it('is shown as it was written', () => {
    assert.throws(() => values.portOrOff(given('"8\n0"')), {
      message: String.raw`--here is "\"8\n0\"", which is not a port (1 to 65535) or "off"`,
    })
  })

  it('is shown without the password that stands in a URL', () => {
    for (const url of [
      'ftp://me:secret@m',
      'http://me:half/secret@m',
      'http://me:at@secret@m?x',
      'me:secret@m:8080?x',
    ]) {
      assert.throws(
        () => values.url(given(url)),
        ({ message }: Error) => !/half|at@|secret/.test(message) && message.includes('***@m'),
        url,
      )
    }
  })

  it('comes with the nearest right one, if one is near', () => {
    assert.throws(() => colours(given('gren')), { message: /not one of red, green \(did you mean green\?\)$/ })
    assert.throws(() => colours(given('violet')), { message: /not one of red, green$/ })
    assert.equal(values.didYouMean('--verbos', ['--version', '--verbose']), ' (did you mean --verbose?)')
    assert.equal(values.didYouMean('anything', []), '')
  })
})
