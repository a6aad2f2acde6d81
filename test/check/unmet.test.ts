import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { checkCase } from '../../src/check/case.js'
import { app } from '../support/apps.js'
import { type CaseSpec, caseOf, web } from '../support/check-case.js'

const messagesOf = async (t: TestContext, given: CaseSpec) =>
  (await checkCase(caseOf(t, given), false)).failures.map(({ message }) => message)

describe('expectations', () => {
  const admin = app('/admin', {
    ports: [10001],
    labels: { HAPROXY_0_VHOST: 'web.test', HAPROXY_0_PATH: '/admin' },
    tasks: 0,
  })
  const bad = app('/bad', {
    ports: [10002],
    labels: { HAPROXY_0_VHOST: 'bad.test,bad.invalid', HAPROXY_0_MODE: 'udp' },
  })
  const udp = app('/udp', { ports: [], labels: {}, portDefinitions: [{ port: 10003, protocol: 'udp' }] })
  const moved = app('/x', {
    ports: [10000],
    labels: { HAPROXY_0_VHOST: 'web.test' },
    tasks: [{ state: 'TASK_KILLING' }, {}],
  })
  const apps = [admin, bad, moved, udp, web]

  it('that are met say nothing', async (t) => {
    const hosts = { 'web.test': ['agent.invalid:31001'], 'web.test/admin/x': [], 'bad.test': null, 'none.test': null }
    const ports = { '10000': ['agent.invalid:31001'], '*:10001': [], '10002': null }
    const expected = {
      hosts,
      ports,
      contains: ['backend web_0\n'],
      'not-contains': ['bad'],
      warnings: ['"udp"', '/x port 0'],
    }
    assert.deepEqual(await messagesOf(t, { apps, expected }), [])
  })

  it('that are not met say what is there instead, and why', async (t) => {
    const hosts = {
      'web.test': ['10.0.0.9:80'],
      'web.test/admin': null,
      'bad.test/x': ['10.0.0.9:80'],
      'web.tes': [],
    }
    const ports = { '10000': [], '10002': [], '10003': [] }
    const expected = { hosts, ports, contains: ['a\n"b'], 'not-contains': ['global\n'], warnings: ['nope'] }
    const why = '/bad port 0 is left out: label HAPROXY_0_MODE is "udp", which is not http or tcp'
    assert.deepEqual(await messagesOf(t, { apps, expected }), [
      'web.test: expected 10.0.0.9:80, but it leads to /web port 0 with agent.invalid:31001',
      'web.test/admin: expected no route, but it leads to /admin port 0 with no server',
      `bad.test/x: expected 10.0.0.9:80, but it leads nowhere (${why})`,
      'web.tes: expected no server, but it leads nowhere (no app asks for host web.tes)',
      'port 10000: expected no server, but it leads to /web port 0 with agent.invalid:31001',
      `port 10002: expected no server, but it leads nowhere (${why})`,
      'port 10003: expected no server, but it leads nowhere (/udp port 0 is left out: its protocol is udp)',
      'the rendered text does not contain "a\\n\\"b"',
      'the rendered text contains "global\\n" in line 5',
      'no warning contains "nope"',
    ])
  })

  it('of a server that is not there say why its task gets no traffic', async (t) => {
    const apps = [app('/x', { tasks: [{}, { state: 'TASK_KILLING' }, { state: 'TASK_KILLING' }] })]
    const expected = { ports: { 10000: ['127.0.0.1:31000', '127.0.0.1:31001', '127.0.0.1:31002'] } }
    const [message = ''] = await messagesOf(t, { apps, expected })
    assert.match(message, /leads to \/x port 0 with 127\.0\.0\.1:31000 \(\/x port 0 task \S+ is left out: .*; .*\)$/)
  })

  it('of what is routed otherwise say how', async (t) => {
    const expected = { hosts: { 'web.test': [] }, ports: { 80: [] } }
    const http = app('/http', { ports: [80], tasks: [{ state: 'TASK_KILLING' }] })
    assert.deepEqual(await messagesOf(t, { apps: [admin, http], expected }), [
      'web.test: expected no server, but it leads nowhere (of web.test only /admin is routed)',
      'port 80: expected no server, but it leads nowhere (/http port 0 does not get service port 80: the http frontend has it)',
    ])
    const [ambiguous] = await messagesOf(t, {
      apps: ['/a', '/b'].map((id, at) => app(id, { labels: { HAPROXY_0_BIND_ADDR: `127.0.0.${at + 1}` } })),
      expected: { ports: { 10000: [] } },
    })
    assert.equal(ambiguous, 'port 10000: several services listen there; write address:port')
  })

  it('are not met by what the templates leave out', async (t) => {
    const servers = ['agent.invalid:31001']
    const expected = { hosts: { 'web.test': servers }, ports: { 10000: servers } }
    const why = '(the templates leave out what /web port 0 has there)'
    const failuresOf = (name: string, change: (text: string) => string) =>
      messagesOf(t, { expected, templates: { [name]: change } })
    assert.deepEqual(await failuresOf('backends.cfg.njk', (text) => text.replace(/^ {2}server /m, '  # server ')), [
      `web.test: expected agent.invalid:31001, but it leads to /web port 0 with no server ${why}`,
      `port 10000: expected agent.invalid:31001, but it leads to /web port 0 with no server ${why}`,
    ])
    assert.deepEqual(await failuresOf('http.cfg.njk', () => ''), [
      `web.test: expected agent.invalid:31001, but it leads nowhere ${why}`,
    ])
    assert.deepEqual(await failuresOf('service-ports.cfg.njk', () => ''), [
      `port 10000: expected agent.invalid:31001, but it leads nowhere ${why}`,
    ])
  })

  it('may be of warnings, which --strict then allows', async (t) => {
    const flags = { strict: true }
    const strict = await checkCase(caseOf(t, { apps, flags }), false)
    assert.deepEqual([strict.exit, strict.failures[0]?.kind], ['invalid-config', 'warning'])
    assert.deepEqual(
      strict.failures.map(({ message }) => message),
      strict.warnings,
    )
    assert.equal(strict.warnings.length, 2)
    const expected = { warnings: ['"udp"', '/x port 0'] }
    assert.ok((await checkCase(caseOf(t, { apps, flags, expected }), false)).ok)
    assert.ok((await checkCase(caseOf(t, { apps }), false)).ok)
  })
})
