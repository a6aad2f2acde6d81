import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { explain, isNamedBy, readRejection, withoutHashes } from '../../src/haproxy/rejection.js'
import type { Service } from '../../src/marathon/services.js'
import { service } from '../support/service.js'

const text = `global
  log /dev/log local0

userlist users:web_0
  user bob password $1$salt$secret

frontend service:80
  bind *:80 ssl crt /etc/certs/a.pem curves FOO

backend web_0
  balance hash
  no-such-word
`
const hash = '$1$salt$secret'
const { demands } = service('/any')
const listener = { address: '*', port: 80, certificate: '/etc/certs/a.pem', options: ['curves', 'FOO'] }

/** What a HAProxy of some version says of a line. */
const said = (words: string) => readRejection(words, text)

describe('what HAProxy says of a text', () => {
  it('is its first alert, with the line and the section that it names, whatever its version', () => {
    const forms = [
      "[ALERT]    (77) : config : parsing [/tmp/x/haproxy.cfg:11] : 'balance' only supports 'roundrobin'.",
      "[ALERT]    (77) : parsing [/tmp/x/haproxy.cfg:11] : 'balance' only supports 'roundrobin'.",
      "[ALERT] 325/105808 (77) : parsing [/tmp/x/haproxy.cfg:11] : 'balance' only supports 'roundrobin'.",
      "[ALERT]    (77) : config : Parsing [/tmp/x/haproxy.cfg:11]: 'balance' only supports 'roundrobin'.",
      "[ALERT]    (77) : config : 'balance' only supports 'roundrobin' at [/tmp/x/haproxy.cfg:11].",
      "[ALERT]    (77) : config : 'balance' only supports 'roundrobin' (/tmp/x/haproxy.cfg:11).",
    ]
    for (const form of forms) {
      const output = `[NOTICE]   (77) : haproxy version is 2.6\n[WARNING]  (77) : config : careful\n${form}\n[ALERT]  (77) : more`
      assert.deepEqual(
        said(output),
        {
          message: "'balance' only supports 'roundrobin'.",
          ...{ at: 11, line: 'balance hash', section: 'backend', name: 'web_0' },
        },
        form,
      )
    }
  })

  it('may name no line', () => {
    const { message, line, name } = said(
      "[ALERT]    (7) : config : Proxy 'f': unable to find required use_backend: 'nope'.",
    )
    assert.equal(message, "Proxy 'f': unable to find required use_backend: 'nope'.")
    assert.deepEqual([line, name], [undefined, 'f'])
    assert.equal(said('the configuration has no listener').message, 'the configuration has no listener')
  })

  it('is about the section that a line stands in, however that is indented', () => {
    for (const [own, section, name] of [
      ['\n  frontend mine', 'frontend', 'mine'],
      ['\tlog-forward mine', 'log-forward', 'mine'],
      ['  global', 'global', undefined],
    ]) {
      const place = `${text}${own}\n  nonsense\n`.trimEnd()
      const alert = `[ALERT] (7) : config : parsing [/tmp/x/haproxy.cfg:${place.split('\n').length}] : no.`
      const { line, ...rejection } = readRejection(alert, place)
      assert.deepEqual([line, rejection.section, rejection.name], ['nonsense', section, name])
    }
  })

  it('is about the section that it calls by its name, where it names no line', () => {
    const proxy = (name: string) => {
      const { at, line, section } = said(`[ALERT]    (7) : config : Proxy '${name}': unable to find something.`)
      return [at, line, section]
    }
    assert.deepEqual(proxy('web_0'), [10, undefined, 'backend'])
    assert.deepEqual(proxy('service:80'), [7, undefined, 'frontend'])
    for (const name of ['web_', 'web.0', 'b']) assert.deepEqual(proxy(name), [undefined, undefined, undefined], name)
  })

  it('names no private file', () => {
    const twice =
      "[ALERT] (7) : config : parsing [/tmp/x/haproxy.cfg:11]: backend 'x' declared at /tmp/x/haproxy.cfg:7."
    assert.equal(said(twice).message, "backend 'x' declared at line 7 of the rendered text.")
    assert.equal(readRejection(twice, text, (line) => `t:${line}`).message, "backend 'x' declared at t:7.")
  })

  it('keeps addresses that look like a place', () => {
    const { message, line } = said("[ALERT] (7) : config : server '[fd00::1]:80' at [/tmp/x/haproxy.cfg:11] is odd.")
    assert.deepEqual([message, line], ["server '[fd00::1]:80' is odd.", 'balance hash'])
  })
})

describe('the explanation of a rejection', () => {
  const web = service('/web', { portIndex: 3, listener, demands: { ...demands, balance: 'hash' } })
  const at = (line: string, message = 'wrong.', section = 'backend', of: Service = web) =>
    explain({ message, at: 1, line, section, name: undefined }, of)

  it('names the label that the line stems from', () => {
    assert.equal(at('balance hash'), 'HAProxy rejects it: wrong. (in "balance hash", from label HAPROXY_3_BALANCE)')
    const bind = 'bind *:80 ssl crt /etc/certs/a.pem curves FOO'
    assert.match(at(bind, "cannot open '/etc/certs/a.pem'"), /from label HAPROXY_3_SSL_CERT\)$/)
    assert.match(at(bind, "unable to set curves 'FOO'"), /from label HAPROXY_3_BIND_OPTIONS\)$/)
  })

  it('names the template where the service has no such label, or the line is of none', () => {
    assert.match(at('balance hash', 'wrong.', 'backend', service('/x')), /the template of the section backend\)$/)
    assert.match(at('no-such-word'), /from the template of the section backend\)$/)
    assert.equal(
      explain({ message: 'wrong.', at: undefined, line: undefined, section: undefined, name: undefined }, web),
      'HAProxy rejects it: wrong.',
    )
  })

  it('never shows a password', () => {
    const auth = { realm: 'r', user: 'bob', hash }
    const closed = service('/web', { demands: { ...demands, auth } })
    const words = at(`user bob password ${hash}`, `unknown word '${hash}'`, 'userlist', closed)
    assert.match(words, /unknown word '\*\*\*'.*password \*\*\*.*HAPROXY_0_AUTH/)
    assert.ok(!words.includes('secret'))
  })

  it('is of the service whose section it is: backend, userlist, or listener', () => {
    const named = (name: string | undefined) =>
      isNamedBy({ message: '', at: undefined, line: undefined, section: undefined, name }, web)
    for (const name of ['web_3', 'users:web_3', 'service:80', 'service:127.0.0.1:80']) assert.ok(named(name), name)
    for (const name of ['web_30', 'service:180', 'http', undefined]) assert.ok(!named(name), name)
  })

  it('hides the passwords of all services', () => {
    const closed = service('/a', { demands: { ...demands, auth: { realm: 'r', user: 'bob', hash } } })
    assert.equal(withoutHashes(`no '${hash}' and ${hash}`, [web, closed]), "no '***' and ***")
  })
})
