import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type HostRules,
  LabelError,
  type PortLabels,
  readGroups,
  readLabels,
  readSwitch,
} from '../../src/marathon/labels.js'

const strict: HostRules = { certificates: ['/etc/ssl/site.pem', '/etc/ssl/apps'], trustLabels: false }
const trusting: HostRules = { ...strict, trustLabels: true }

const read = (name: string, value: string, host = strict): PortLabels =>
  readLabels({ [`HAPROXY_0_${name}`]: value }, 0, host)

const hash = 'abNANd1rDfiNc'

/** A value of each label that a port can have, but for groups and switch, and what it becomes. */
const known: Record<string, [string, (labels: PortLabels) => unknown, unknown]> = {
  VHOST: ['b.test,a.test', ({ vhosts }) => vhosts, ['a.test', 'b.test']],
  PATH: ['/b/ /a', ({ paths }) => paths, ['/a', '/b']],
  BACKEND_WEIGHT: ['-3', ({ weight }) => weight, -3],
  REDIRECT_TO_HTTPS: ['true', ({ demands }) => demands.redirectToHttps, true],
  USE_HSTS: ['yes', ({ demands }) => demands.hsts, true],
  AUTH: [`r:joe:${hash}`, ({ demands }) => demands.auth, { realm: 'r', user: 'joe', hash }],
  STICKY: ['1', ({ demands }) => demands.sticky, true],
  MODE: ['HTTP', ({ mode }) => mode, 'http'],
  BALANCE: ['leastconn', ({ demands }) => demands.balance, 'leastconn'],
  PORT: [' 81 ', ({ bind }) => bind.port, 81],
  BIND_ADDR: ['[::1]', ({ bind }) => bind.address, '::1'],
  BIND_OPTIONS: ['alpn h2 tfo', ({ bind }) => bind.options, ['alpn', 'h2', 'tfo']],
  SSL_CERT: ['/etc/ssl/site.pem', ({ bind }) => bind.certificate, '/etc/ssl/site.pem'],
  BACKEND_NETWORK_ALLOWED_ACL: ['10.0.0.0/8 ::1', ({ demands }) => demands.allowedNetworks, ['10.0.0.0/8', '::1']],
  BACKEND_HEALTHCHECK_PORT_INDEX: ['1', ({ checkPortIndex }) => checkPortIndex, 1],
  HTTP_BACKEND_PROXYPASS_PATH: ['/a/', ({ demands }) => demands.proxyPassPath, '/a'],
  HTTP_BACKEND_REVPROXY_PATH: ['/a', ({ demands }) => demands.reverseProxyPath, '/a'],
  HTTP_BACKEND_REDIR: ['/shop/', ({ demands }) => demands.redirect, '/shop/'],
}

const nothing = readLabels({}, 0, strict)

describe('the labels of a port', () => {
  it('say nothing where there are none, or only those of others', () => {
    const others = { HAPROXY_1_VHOST: 'b.test', HAPROXY_00_PORT: '80', haproxy_0_port: '80', FOO: 'x', HAPROXY_0: 'x' }
    assert.deepEqual(readLabels(others, 0, strict), nothing)
    assert.deepEqual(readLabels({ HAPROXY_1_NO_SUCH_THING: 'x' }, 0, strict), nothing)
    assert.deepEqual(readLabels(others, 1, strict).vhosts, ['b.test'])
    assert.equal(readLabels({ HAPROXY_10_PORT: '80' }, 1, strict).bind.port, undefined)
    assert.equal(readLabels({ HAPROXY_10_PORT: '80' }, 10, strict).bind.port, 80)
  })

  for (const [name, [value, part, expected]] of Object.entries(known)) {
    it(`become a typed value: ${name}`, () => {
      assert.deepEqual(part(read(name, value)), expected)
      assert.notDeepEqual(part(nothing), expected)
      assert.deepEqual(read(name, value).passedOver, [])
    })
  }

  it('are all read where all are there', () => {
    const all = Object.fromEntries(Object.entries(known).map(([name, [value]]) => [`HAPROXY_7_${name}`, value]))
    const labels = readLabels({ ...all, HAPROXY_7_GROUP: 'a', HAPROXY_7_ENABLED: 'true' }, 7, strict)
    for (const [, part, expected] of Object.values(known)) assert.deepEqual(part(labels), expected)
  })

  it('say nothing where they are empty, but for those that may have been meant to close', () => {
    const closing = ['AUTH', 'BACKEND_NETWORK_ALLOWED_ACL']
    for (const empty of ['', ' ', '\n']) {
      for (const name of Object.keys(known)) {
        if (closing.includes(name)) assert.throws(() => read(name, empty), LabelError, name)
        else assert.deepEqual(read(name, empty), nothing, name)
      }
    }
  })

  it('are refused as a whole, with label and value, where one cannot be what it should be', () => {
    for (const name of Object.keys(known)) {
      for (const odd of ['x y\n  use_backend evil', '%[env(HOME)]', `"${'x'.repeat(100_000)}`]) {
        const message = new RegExp(`^label HAPROXY_0_${name} (is ".*",|has a value) which is not \\S`)
        assert.throws(
          () => readLabels({ HAPROXY_0_VHOST: 'a.test', [`HAPROXY_0_${name}`]: odd }, 0, strict),
          (error: Error) => error instanceof LabelError && message.test(error.message) && error.message.length < 250,
          `${name}=${odd.slice(0, 20)}`,
        )
      }
    }
  })

  it('are refused with a text of HAProxy that keeps somebody out, in whatever line', () => {
    const closing = [
      'http-request deny',
      'http-request deny#',
      'http-request auth realm x unless { http_auth(x) }',
      'http-request tarpit if x',
      'http-request reject',
      'http-request silent-drop',
      'http-request return status 403',
      'http-response deny if x',
      'tcp-request content reject',
      'tcp-request connection reject if !x',
      'tcp-request connection silent-drop',
      'tcp-response content reject',
      'reqdeny ^x',
      'reqideny ^x',
      'reqtarpit ^x',
      'rspdeny ^x',
      'block if x',
      'stats auth a:b',
      'acl x http_auth(users)',
      'acl x http_auth_group(users) a',
      'bind *:80 ssl crt x verify required',
      'bind *:80 verify   required # as ever',
    ]
    for (const line of closing) {
      for (const text of [line, `\t${line}`, `  option x\n  ${line}\n`, `# open\r\n\v ${line}`]) {
        assert.throws(
          () => read('BACKEND_HTTP_OPTIONS', text),
          { message: /^label HAPROXY_0_BACKEND_HTTP_OPTIONS keeps somebody out by a text of HAProxy/ },
          JSON.stringify(text),
        )
      }
    }
  })

  it('are passed over with a text of HAProxy that only sounds as if it kept somebody out', () => {
    const open = [
      'http-request set-header x-auth foo',
      'http-request set-header auth deny',
      'http-request set-var(txn.deny) bool(true)',
      'http-request add-header x-note "return, reject or block"',
      'http-response add-header x-block 1',
      'http-response del-header reject',
      'tcp-request inspect-delay 5s',
      'tcp-request content accept if deny',
      'tcp-request content set-var(sess.auth) src',
      'option httpchk GET /auth',
      'server auth 10.0.0.1:80 verify none',
      'stats enable',
      'option http-request deny',
      '# basic auth is done by the app',
      '# http-request deny',
      'option x # verify required by http_auth(x)',
    ]
    for (const line of open) {
      for (const text of [line, `  ${line}\n`, `option x\n  ${line}\noption x`])
        assert.deepEqual(read('BACKEND_HTTP_OPTIONS', text).passedOver, ['HAPROXY_0_BACKEND_HTTP_OPTIONS'], text)
    }
  })

  it('are read in no time, however many blanks and lines stand in a text of HAProxy', () => {
    const start = performance.now()
    for (const text of ['\n', ' ', '\n ', '#', 'tcp-request ', 'tcp-request\n', 'verify ', ' #'])
      read('BACKEND_HTTP_OPTIONS', text.repeat(100_000))
    assert.ok(performance.now() - start < 20_000)
  })

  it('never show a password, or what may be one', () => {
    for (const value of ['realm:joe:letmein', 'letmein', 'realm:joe:$6$rounds=999999999$letmein$', ':::letmein']) {
      assert.throws(() => read('AUTH', value), {
        message: /^label HAPROXY_0_AUTH has a value which is not (?!.*letmein)/,
      })
    }
    assert.throws(() => read('HTTP_BACKEND_REDIR', 'https://joe:letmein@h.test/'), {
      message: /is "https:\/\/\*\*\*@h\.test\/"/,
    })
  })

  it('are refused with the same words in whatever order they come', () => {
    const words = (...names: string[]): string => {
      try {
        readLabels(Object.fromEntries(names.map((name) => [`HAPROXY_0_${name}`, 'x'])), 0, strict)
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    for (const [one, other] of [
      ['B_IS_UNKNOWN', 'A_IS_UNKNOWN'],
      ['PORT', 'MODE'],
    ] as [string, string][]) {
      assert.match(words(one, other), /^label /)
      assert.equal(words(one, other), words(other, one))
    }
  })
})

describe('what a label may name of the host', () => {
  const certificates: [string, boolean][] = [
    ['/etc/ssl/site.pem', true],
    ['/etc/ssl/apps/shop.pem', true],
    ['/etc/ssl/apps', true],
    ['/etc/ssl/other.pem', false],
    ['/etc/ssl/apps/deeper/shop.pem', false],
    ['/etc/ssl/appsx/shop.pem', false],
    ['/etc/ssl', false],
    ['/etc/shadow', false],
  ]
  for (const [path, given] of certificates) {
    it(`${given ? 'is' : 'is not'} the certificate ${path}, without --trust-labels`, () => {
      if (given) assert.equal(read('SSL_CERT', path).bind.certificate, path)
      else assert.throws(() => read('SSL_CERT', path), { message: /not a certificate of --ssl-cert/ })
      assert.equal(read('SSL_CERT', path, trusting).bind.certificate, path)
    })
  }

  it('is never a path that climbs out of a folder, or none at all', () => {
    for (const path of ['/etc/ssl/apps/../x', '/etc/ssl/apps/..', '/etc/ssl/apps/', 'site.pem', '/etc/ssl/apps/a\nb']) {
      for (const host of [strict, trusting]) assert.throws(() => read('SSL_CERT', path, host), LabelError, path)
    }
    assert.throws(() => read('SSL_CERT', '/x.pem', { ...strict, certificates: [] }), LabelError)
  })

  it('is an option of a bind that names nothing of the host, unless labels are trusted', () => {
    for (const options of ['ssl crt /etc/shadow', 'interface eth0', 'user root']) {
      assert.throws(() => read('BIND_OPTIONS', options), { message: /see --trust-labels/ })
      assert.deepEqual(read('BIND_OPTIONS', options, trusting).bind.options, options.split(' '))
    }
    assert.throws(() => read('BIND_OPTIONS', 'tfo\n  acl x y\0', trusting), LabelError)
  })
})

describe('the groups and the switch of a port', () => {
  it('are those of the port before those of the app', () => {
    assert.deepEqual(readGroups({ HAPROXY_GROUP: 'a, b,,' }, 3), ['a', 'b'])
    assert.deepEqual(readGroups({ HAPROXY_GROUP: 'a', HAPROXY_3_GROUP: 'c' }, 3), ['c'])
    assert.deepEqual(readGroups({ HAPROXY_GROUP: 'a', HAPROXY_3_GROUP: '' }, 3), [])
    assert.deepEqual(readGroups({ HAPROXY_2_GROUP: 'c' }, 3), [])
  })

  it('are on, off, or not said; empty is off, as it is to marathon-lb', () => {
    const enabled = (value: string) => readSwitch({ HAPROXY_0_ENABLED: value }, 0)
    assert.deepEqual([enabled('true'), enabled(' No '), enabled('')], [true, false, false])
    assert.equal(readSwitch({ HAPROXY_1_ENABLED: 'true' }, 0), undefined)
    assert.throws(() => enabled('maybe'), { message: 'label HAPROXY_0_ENABLED is "maybe", which is not true or false' })
  })
})
