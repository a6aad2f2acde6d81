import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LabelError, readLabels } from '../../src/marathon/labels.js'

const read = (labels: Record<string, string>) => readLabels(labels, 0, { certificates: [], trustLabels: false })

/** The templates of marathon-lb (marathon-lb §4), but for HTTP_BACKEND_REDIR, which is a label with another meaning. */
const templates = `
  BACKEND_HEAD BACKEND_HSTS_OPTIONS BACKEND_HTTP_HEALTHCHECK_OPTIONS BACKEND_HTTP_OPTIONS BACKEND_REDIRECT_HTTP_TO_HTTPS
  BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS BACKEND_SERVER_OPTIONS
  BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS BACKEND_STICKY_OPTIONS BACKEND_TCP_HEALTHCHECK_OPTIONS FRONTEND_BACKEND_GLUE
  FRONTEND_HEAD HEAD HTTPS_FRONTEND_ACL HTTPS_FRONTEND_ACL_ONLY_WITH_PATH HTTPS_FRONTEND_ACL_WITH_AUTH
  HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH HTTPS_FRONTEND_ACL_WITH_PATH HTTPS_FRONTEND_AUTH_ACL_ONLY
  HTTPS_FRONTEND_AUTH_REQUEST_ONLY HTTPS_FRONTEND_HEAD HTTPS_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH
  HTTPS_GROUPED_FRONTEND_HEAD HTTPS_GROUPED_VHOST_BACKEND_HEAD HTTPS_GROUPED_VHOST_FRONTEND_ACL
  HTTPS_GROUPED_VHOST_FRONTEND_HEAD HTTP_BACKEND_ACL_ALLOW_DENY HTTP_BACKEND_NETWORK_ALLOWED_ACL
  HTTP_BACKEND_PROXYPASS_GLUE HTTP_BACKEND_REVPROXY_GLUE HTTP_FRONTEND_ACL HTTP_FRONTEND_ACL_ONLY
  HTTP_FRONTEND_ACL_ONLY_WITH_PATH HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH HTTP_FRONTEND_ACL_WITH_AUTH
  HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH HTTP_FRONTEND_ACL_WITH_PATH HTTP_FRONTEND_APPID_ACL HTTP_FRONTEND_APPID_HEAD
  HTTP_FRONTEND_HEAD HTTP_FRONTEND_ROUTING_ONLY HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH
  HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH MAP_HTTPS_FRONTEND_ACL
  MAP_HTTP_FRONTEND_ACL MAP_HTTP_FRONTEND_ACL_ONLY MAP_HTTP_FRONTEND_APPID_ACL TCP_BACKEND_ACL_ALLOW_DENY
  TCP_BACKEND_NETWORK_ALLOWED_ACL USERLIST_HEAD`
  .trim()
  .split(/\s+/)

describe('a label that is a template of marathon-lb', () => {
  it('is one of all that it has', () => assert.equal(templates.length, 52))

  for (const template of templates) {
    const name = `HAPROXY_0_${template}`

    it(`is passed over and named, and the others count: ${template}`, () => {
      const labels = read({ [name]: '  timeout server 10m\n  option forwardfor\n', HAPROXY_0_PORT: '81' })
      assert.deepEqual([labels.passedOver, labels.bind.port], [[name], 81])
      assert.deepEqual(read({ [name]: '' }).passedOver, [name])
    })

    it(`leaves its service out where it keeps somebody out: ${template}`, () => {
      const message = `label ${name} keeps somebody out by a text of HAProxy, which a label may not write here`
      assert.throws(() => read({ [name]: '  acl a src 10.0.0.0/8\n  http-request deny if !a\n' }), { message })
    })
  }

  it('keeps somebody out by any of the words that HAProxy has for it', () => {
    const words = [
      ...['http-request deny', 'tcp-request content reject if x', 'tcp-request connection silent-drop', 'reqideny ^x'],
      ...['http-request tarpit', 'http-request auth realm x', 'use_backend a if { http_auth(users) }', 'reqtarpit ^x'],
      ...['bind :1 ssl crt a verify  required ca-file b', 'block if x', 'reqdeny ^x', 'rspdeny ^x', 'rspideny ^x'],
      ...['http-request return status 403', 'http-response deny'],
    ]
    for (const text of words) {
      assert.throws(() => read({ HAPROXY_0_BACKEND_HTTP_OPTIONS: `  balance source\n  ${text}` }), LabelError, text)
    }
    for (const text of [
      'option forwardfor',
      'http-request set-header X-Author x',
      'verify none',
      'unblocked',
      'denying',
    ]) {
      assert.equal(read({ HAPROXY_0_BACKEND_HTTP_OPTIONS: text }).passedOver.length, 1, text)
    }
  })

  it('is named with the others in the order of their names', () => {
    const names = ['HAPROXY_0_FRONTEND_HEAD', 'HAPROXY_0_BACKEND_HEAD']
    const labels = Object.fromEntries(names.map((name) => [name, 'x']))
    assert.deepEqual(read(labels).passedOver, names.toSorted())
  })
})

describe('a label with a name that is not known', () => {
  it('leaves its service out, since it may close what would else be open', () => {
    const misspelt = [
      'ATUH',
      'auth',
      'vhost',
      'BACKEND_HEADS',
      'HTTP_FRONTEND_ACL_ONLY_WITH_AUTH',
      'REDIRECT_HTTPS',
      '',
      ' AUTH',
    ]
    for (const name of misspelt) {
      const message = `label "HAPROXY_0_${name}" is not one that this version knows`
      assert.throws(() => read({ HAPROXY_0_VHOST: 'a.test', [`HAPROXY_0_${name}`]: 'x' }), { message })
      assert.throws(() => read({ [`HAPROXY_0_${name}`]: '' }), LabelError, 'even where it is empty')
    }
  })

  it('is named without line breaks, and not at any length', () => {
    assert.throws(
      () => read({ [`HAPROXY_0_\n${'x'.repeat(100_000)}`]: '' }),
      (error: Error) => error instanceof LabelError && !error.message.includes('\n') && error.message.length < 200,
    )
  })
})
