import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fingerprintOf } from '../../src/marathon/fingerprint.js'
import { app, httpCheck } from '../support/apps.js'

const checked = (health: 'healthy' | 'unhealthy') =>
  JSON.stringify({ apps: [app('/web', { healthChecks: [httpCheck], tasks: [{ health }, { health }] })] })

const fingerprint = (reply: string): string => fingerprintOf(Buffer.from(reply))

/** With the n-th time of a passed check set. */
const passedAt = (reply: string, time: string, n: number): string => {
  let seen = 0
  return reply.replace(/"lastSuccess":"[^"]*"/g, (old) => (seen++ === n ? `"lastSuccess":"${time}"` : old))
}

describe('the fingerprint of a reply', () => {
  it('is the same whenever checks were passed', () => {
    const reply = checked('healthy')
    const later = [0, 1].map((n) => passedAt(reply, '2026-01-02T03:04:05.678Z', n))
    for (const moved of [...later, passedAt(reply, 'short', 0)]) {
      assert.notEqual(moved, reply)
      assert.equal(fingerprint(moved), fingerprint(reply))
    }
  })

  it('is the same whenever checks were passed last that fail now', () => {
    const reply = checked('healthy').replaceAll('"alive":true', '"alive":false')
    assert.equal(fingerprint(passedAt(reply, '2026-01-02T03:04:05.678Z', 1)), fingerprint(reply))
  })

  it('is another where anything else is', () => {
    const reply = checked('healthy')
    const others = [
      checked('unhealthy'),
      reply.replace('"alive":true', '"alive":false'),
      reply.replace(/"lastSuccess":"[^"]*"/, '"lastSuccess":null'),
      reply.replace('"lastFailure":null', '"lastFailure":"2026-01-02T03:04:05.678Z"'),
      reply.replace('"consecutiveFailures":0', '"consecutiveFailures":1'),
      reply.replace('TASK_RUNNING', 'TASK_KILLING'),
      reply.slice(0, -1),
      `${reply}\n`,
      '',
    ]
    const all = [reply, ...others]
    assert.equal(new Set(all).size, all.length)
    assert.equal(new Set(all.map(fingerprint)).size, all.length)
  })

  it('takes a time as it is where nothing says "alive": there it decides', () => {
    const reply = checked('healthy').replaceAll('"alive":true,', '')
    assert.notEqual(fingerprint(passedAt(reply, '2026-01-02T03:04:05.678Z', 0)), fingerprint(reply))
  })

  it('is not led astray by what an app may write', () => {
    const named = (value: string, after: string) =>
      JSON.stringify({
        apps: [app('/a', { healthChecks: [httpCheck], labels: { lastSuccess: value, HAPROXY_GROUP: after } })],
      })
    assert.notEqual(fingerprint(named('x', 'one')), fingerprint(named('x', 'two')))
    assert.notEqual(fingerprint(named('x"y', 'one')), fingerprint(named('x"y', 'two')))
    assert.notEqual(fingerprint(named('"lastSuccess":"', 'one')), fingerprint(named('"lastSuccess":"', 'two')))
    const text = (value: string) =>
      JSON.stringify({ apps: [app('/a', { healthChecks: [httpCheck], labels: { x: value } })] })
    assert.notEqual(fingerprint(text('"lastSuccess":"one"')), fingerprint(text('"lastSuccess":"two"')))
  })

  it('is found of a text that ends in the middle of a time', () => {
    const cut = '{"alive":true,"lastSuccess":"2026-01'
    assert.match(fingerprint(cut), /^[0-9a-f]{64}$/)
    assert.notEqual(fingerprint(cut), fingerprint(`${cut}x"}`))
  })
})
