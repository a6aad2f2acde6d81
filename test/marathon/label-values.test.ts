import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as values from '../../src/marathon/label-values.js'

const long = 'x'.repeat(100_000)

/** What no label may be, whatever it is for. */
const hostile = [
  '',
  ' ',
  '\n',
  'x\n  use_backend evil if TRUE',
  'x\r\nx',
  "x'x",
  'x"x',
  'x#x',
  '$HOME',
  '%[env(HOME)]',
  '-f /etc/passwd',
  'x\0x',
  'é',
  '８０',
  'x\u2028x',
  long,
  `/${long}`,
  `${'x '.repeat(50_000)}`,
]

interface Value {
  parse: values.ParseLabel<unknown>
  good: Record<string, unknown>
  bad: string[]
  /** All that a text of the result is made of. */
  madeOf: RegExp
}

const ciphers = 'ECDHE-RSA-AES128-GCM-SHA256:!aNULL'

const table: Record<string, Value> = {
  'a list of hosts': {
    parse: values.hosts,
    good: {
      'B.test, a.test.,b.TEST,': ['a.test', 'b.test'],
      'b.test:8080,b.test,a.test.:443': ['a.test', 'b.test'],
      localhost: ['localhost'],
      'xn--bcher-kva.test': ['xn--bcher-kva.test'],
      '_sip.a_b.test,9.test': ['9.test', '_sip.a_b.test'],
      [`${'a'.repeat(63)}.test`]: [`${'a'.repeat(63)}.test`],
    },
    bad: [
      ...['a b', '*.test', 'a..test', '-a.test', 'a-.test', 'a/b', '.', ',', 'good.test,b%d', '[::1]'],
      ...[`${'a'.repeat(64)}.test`, 'a.'.repeat(130), '/../', 'a.test,../b'],
      ...['a:', ':80', 'a:http', 'a:123456', 'a:80:80', 'a:80.', 'a:80/b', '[::1]:80', '10.0.0.1:-1'],
    ],
    madeOf: /^[a-z0-9_.-]+$/,
  },
  'a path': {
    parse: values.urlPath,
    good: { '/': '', '/a': '/a', '/a/b.c/': '/a/b.c', "/~a'b(c)%20$&+,;=:@!*": "/~a'b(c)%20$&+,;=:@!*" },
    bad: ['a', '//', '/a//b', '/a b', '/a?b', '/a#b', '/a"b', '/a\\b', '/[a]', '/../', '/a/..', '/./a', '/a\n/b', '/é'],
    madeOf: /^[\w./~!$&'()*+,;=:@%-]*$/,
  },
  'a list of paths': {
    parse: values.urlPaths,
    good: {
      '/b  /a/ /b': ['/a', '/b'],
      '/': [''],
      '/a\n/b': ['/a', '/b'],
      [`/${'b'.repeat(254)}`]: [`/${'b'.repeat(254)}`],
    },
    bad: ['-i /a', '/a,/b c', '/a -f /etc/passwd', '/a /../', '/a } or { always_true', `/a /${'b'.repeat(255)}`],
    madeOf: /^[\w./~!$&'()*+,;=:@%-]*$/,
  },
  'a place to be sent to': {
    parse: values.location,
    good: {
      '/shop/?a=%20#b': '/shop/?a=%20#b',
      'https://www.shop.test:8443/': 'https://www.shop.test:8443/',
      'http://[fd00::1]/a': 'http://[fd00::1]/a',
    },
    bad: [
      '/',
      'shop',
      'javascript:alert(1)',
      'ftp://a.test/',
      'https://a.test',
      'https://u@a.test/',
      '/a b',
      '/%[path]',
      '/"',
    ],
    madeOf: /^[\w./~!$&'()*+,;=:@%?#[\]-]*$/,
  },
  'a port': {
    parse: values.port,
    good: { 1: 1, 80: 80, '00443': 443, 65535: 65535 },
    bad: ['0', '65536', '080a', '-80', '80 81', '1e3', '0x50', 'http', '80\n', '099999', '8.0', '/../'],
    madeOf: /^/,
  },
  'an index': {
    parse: values.index,
    good: { 0: 0, 12: 12, 999: 999 },
    bad: ['-1', '1000', '1.0', '1 2', 'x'],
    madeOf: /^/,
  },
  'a weight': {
    parse: values.weight,
    good: { 0: 0, '-5': -5, 999999999: 999_999_999 },
    bad: ['1000000000', '1.5', '--1', '5x', 'Infinity', 'NaN', '1e3'],
    madeOf: /^/,
  },
  'a number of instances': {
    parse: values.count,
    good: { 0: 0, 20: 20 },
    bad: ['-1', '1.5', '9999999999', 'x'],
    madeOf: /^/,
  },
  'a mode': {
    parse: values.mode,
    good: { http: 'http', TCP: 'tcp' },
    bad: ['https', 'health', 'http tcp', 'http\n', '/../'],
    madeOf: /^(http|tcp)$/,
  },
  'a way to balance': {
    parse: values.balance,
    good: {
      ...Object.fromEntries(
        [
          ...['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'random', 'random(2)', 'rdp-cookie'],
          ...['rdp-cookie(mstshash)', 'uri', 'uri whole', 'uri depth 3 len 20 whole', 'url_param user-id'],
          ...['hdr(Host)', 'hdr(X-User) use_domain_only'],
        ].map((same) => [same, same]),
      ),
      'uri   len\n 10': 'uri len 10',
    },
    bad: [
      ...['round robin', 'ROUNDROBIN', 'random(0)', 'random(100)', 'hash src', 'uri depth x', 'hdr(a b)', 'hdr()'],
      ...['url_param', 'url_param a b', 'roundrobin if TRUE', `uri${' whole'.repeat(50)}`, '/../'],
    ],
    madeOf: /^[a-zA-Z0-9_() -]+$/,
  },
  'a list of networks': {
    parse: values.networks,
    good: {
      '10.0.0.0/8 127.0.0.1': ['10.0.0.0/8', '127.0.0.1'],
      '10.0.0.1/32,10.0.0.1/32\n0.0.0.0/0': ['0.0.0.0/0', '10.0.0.1/32'],
      'FD00::/8 ::1 ::ffff:10.0.0.1/128': ['::1', '::ffff:10.0.0.1/128', 'fd00::/8'],
    },
    bad: [
      ...['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0/8', '10.0.0.256', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0'],
      ...['fd00::/129', 'fe80::1%eth0', 'fe80::%1/10', 'all', 'localhost', '!10.0.0.1', '10.0.0.1 or', '-f', '/8', ','],
    ],
    madeOf: /^[0-9a-f.:/]+$/,
  },
  'an address to listen on': {
    parse: values.bindAddress,
    good: {
      '*': '*',
      '0.0.0.0': '0.0.0.0',
      '10.0.0.1': '10.0.0.1',
      '::': '::',
      '[FD00::1]': 'fd00::1',
      'fd00:0:0::0001': 'fd00::1',
      '0:0:0:0:0:0:0:0': '::',
    },
    bad: [
      ...[
        'localhost',
        'eth0',
        '10.0.0.1:80',
        'fe80::1%eth0',
        'unix@/run/x',
        '/run/x.sock',
        '10.0.0.1 ssl',
        '010.0.0.1',
      ],
      ...['**', '[fd00::1', '[]', '::ffff:10.0.0.1', '::ffff:0:0', '10.0.0.1,:22'],
    ],
    madeOf: /^[0-9a-f.:*]+$/,
  },
  'a file': {
    parse: values.filePath,
    good: { '/etc/ssl/site.pem': '/etc/ssl/site.pem', "/a b/it's..#1": "/a b/it's..#1" },
    bad: [
      'site.pem',
      './site.pem',
      '/',
      '//a',
      '/a/',
      '/a//b',
      '/../a',
      '/a/../b',
      '/a/.',
      '/a/..',
      '/a\n/b',
      '/a\0',
      '/a\u0085b',
    ],
    madeOf: /^[^\p{Cc}]+$/u,
  },
  'options of a bind': {
    parse: values.harmlessBindOptions,
    good: {
      'alpn h2,http/1.1 tfo': ['alpn', 'h2,http/1.1', 'tfo'],
      [`no-sslv3 ciphers ${ciphers}\nssl-min-ver TLSv1.2`]: ['no-sslv3', 'ciphers', ciphers, 'ssl-min-ver', 'TLSv1.2'],
      'maxconn 100 accept-proxy': ['maxconn', '100', 'accept-proxy'],
      ...Object.fromEntries(
        ['force-tlsv12', 'force-tlsv13', 'no-tlsv12', 'no-tlsv13'].map((option) => [option, [option]]),
      ),
    },
    bad: [
      ...['ssl', 'crt /etc/ssl/x.pem', 'ca-file /etc/passwd', 'verify none', 'interface eth0', 'user root', 'uid 0'],
      ...['namespace x', 'process 1', 'mode 777', 'maxconn', 'maxconn 0', 'maxconn tfo', 'alpn', 'alpn h2 crt', 'tfo:'],
      ...['v4v6', 'v6only', 'tfo v6only', 'transparent', 'force-tlsv10', 'force-tlsv11', 'force-sslv3'],
      ...['alpn transparent', 'ciphers interface', 'ecdhe namespace', 'tfo alpn transparent tfo'],
      ...['constructor', '__proto__ x', 'tfo '.repeat(51), 'TFO', 'tfo # x', 'tfo "crt"', `ciphers ${'A'.repeat(513)}`],
    ],
    madeOf: /^[\w:+!@=/.,-]+$/,
  },
}

/** The texts in a result. */
const textsIn = (value: unknown): string[] => [value].flat().filter((item) => typeof item === 'string')

for (const [name, { parse, good, bad, madeOf }] of Object.entries(table)) {
  describe(name, () => {
    it('is read from what is written well', () => {
      for (const [given, expected] of Object.entries(good)) assert.deepEqual(parse(given), expected, given)
    })

    it('is nothing where it is something else', () => {
      const nothingAtAll = (value: unknown): boolean => Array.isArray(value) && value.length === 0
      for (const given of [...hostile, ...bad]) {
        const parsed = parse(given)
        assert.ok(parsed === undefined || nothingAtAll(parsed), `${JSON.stringify(given).slice(0, 80)} gives a value`)
      }
    })

    it('is made of harmless letters, whatever stands in what was written well', () => {
      const oddities = fc.constantFrom(
        ...'\0\n\r\t "\'#$%\\[]{}()|;`<>é８\u2028',
        '%[x]',
        '/../',
        '-f ',
        ' if ',
        '\u{1F600}',
      )
      const given = fc.tuple(
        fc.constantFrom(...Object.keys(good)),
        fc.array(fc.tuple(fc.nat(), oddities), { maxLength: 3 }),
      )
      fc.assert(
        fc.property(given, ([written, insertions]) => {
          let text = written
          for (const [at, odd] of insertions)
            text = text.slice(0, at % (text.length + 1)) + odd + text.slice(at % (text.length + 1))
          for (const read of textsIn(parse(text))) assert.match(read, madeOf)
        }),
      )
      const units = fc.array(fc.nat(0xffff), { maxLength: 20 })
      fc.assert(
        fc.property(units, (codes) => textsIn(parse(String.fromCharCode(...codes))).every((read) => madeOf.test(read))),
      )
    })
  })
}

describe('a switch', () => {
  it('is on or off in the ways that are written, and nothing else', () => {
    for (const yes of ['true', 'True', 't', 'yes', 'Y', '1']) assert.equal(values.yesOrNo(yes), true, yes)
    for (const no of ['false', 'F', 'no', 'n', '0', '']) assert.equal(values.yesOrNo(no), false, no)
    for (const odd of ['maybe', '2', 'on', 'off', 'true false', 'true\n', ...hostile.slice(1)])
      assert.equal(values.yesOrNo(odd), undefined)
  })
})

describe('any options of a bind', () => {
  it('are word by word what is written, up to what a line holds', () => {
    assert.deepEqual(values.anyBindOptions(`crt "/etc/ssl/a  b" #'`), ['crt', '"/etc/ssl/a', 'b"', `#'`])
    for (const odd of ['', 'a\nb', 'a\0b', 'a\tb', 'tfo '.repeat(51), 'x'.repeat(2001)]) {
      assert.equal(values.anyBindOptions(odd), undefined, odd.slice(0, 20))
    }
  })
})
