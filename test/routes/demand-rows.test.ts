import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authOfBob, labels } from '../support/labels.js'
import { saidOf } from './scene.js'

describe('the explanation of demands', () => {
  it('has each demand with its label, and never a hash', () => {
    const demanding = labels({
      VHOST: 'a.test',
      BALANCE: 'source',
      STICKY: 'yes',
      AUTH: authOfBob('Staff'),
      BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8 ::1',
      REDIRECT_TO_HTTPS: '1',
      USE_HSTS: '1',
      HTTP_BACKEND_REDIR: '/start',
      HTTP_BACKEND_PROXYPASS_PATH: '/in',
      HTTP_BACKEND_REVPROXY_PATH: '/out',
    })
    assert.deepEqual(saidOf('demand', { labels: demanding }, { https: true }), [
      'balance source, by HAPROXY_0_BALANCE',
      'only from 10.0.0.0/8 ::1, by HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL',
      'login as bob to "Staff", by HAPROXY_0_AUTH',
      'a cookie pins clients to servers, by HAPROXY_0_STICKY',
      'http goes to https, by HAPROXY_0_REDIRECT_TO_HTTPS',
      'browsers stay at https, by HAPROXY_0_USE_HSTS',
      '/ goes to /start, by HAPROXY_0_HTTP_BACKEND_REDIR',
      '/in is taken off requests, by HAPROXY_0_HTTP_BACKEND_PROXYPASS_PATH',
      '/out is put before the Location of answers, by HAPROXY_0_HTTP_BACKEND_REVPROXY_PATH',
    ])
    const { HAPROXY_0_AUTH: _, ...open } = demanding
    const tcp = { ...open, HAPROXY_0_MODE: 'tcp' }
    assert.equal(saidOf('demand', { labels: tcp }, { https: true }).length, 2)
  })
})
