import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { warningsIn } from '../../src/marathon/findings.js'
import { readApps } from '../../src/marathon/reply.js'
import { type Rules, servicesOf } from '../../src/marathon/services.js'
import { type AppSpec, app } from '../support/apps.js'
import { everything } from '../support/rules.js'

const mesosDns = { domain: 'mesos', framework: 'marathon' }

/** The routes of each backend once conflicts are settled, and the warnings. */
function routed(
  specs: Record<string, AppSpec>,
  rules: Rules = { ...everything, mesosDns },
): [Record<string, string[]>, string[]] {
  const apps = Object.entries(specs).map(([id, spec]) => app(id, spec))
  const { services, findings } = servicesOf(readApps({ apps }, false).apps, rules)
  const settled = settleConflicts(services, new Map())
  const routes = settled.services.map(({ backend, routes }) => [backend, routes.map(({ host, path }) => host + path)])
  return [Object.fromEntries(routes), warningsIn([...findings, ...settled.findings])]
}

const http = { HAPROXY_0_MODE: 'http' }
const names = (label: string) => [`${label}.marathon.mesos`, `${label}.marathon.slave.mesos`]

describe('the names of an app in Mesos-DNS', () => {
  it('lead to its first http port only', () => {
    const ports = [10000, 10001, 10002]
    const labels = { HAPROXY_1_MODE: 'http', HAPROXY_2_VHOST: 'web.test' }
    assert.deepEqual(routed({ '/web': { ports, labels } }), [
      { web_0: [], web_1: names('web'), web_2: ['web.test'] },
      [],
    ])
    assert.deepEqual(routed({ '/db': {} }), [{ db_0: [] }, []])
  })

  it('lead to the first port that is routed at all', () => {
    const labels = { HAPROXY_0_VHOST: 'a.test', HAPROXY_0_ENABLED: 'false', HAPROXY_1_MODE: 'http' }
    assert.deepEqual(routed({ '/web': { ports: [10000, 10001], labels } }), [{ web_1: names('web') }, []])
  })

  it('stand beside its hosts, and are none where they are not wanted', () => {
    const specs = { '/web': { labels: { HAPROXY_0_VHOST: 'web.test' } } }
    assert.deepEqual(routed(specs), [{ web_0: ['web.test', ...names('web')] }, []])
    assert.deepEqual(routed(specs, { ...everything, mesosDns: undefined }), [{ web_0: ['web.test'] }, []])
  })

  it('are not lost to a label of another app, whatever weight it has, not for a path either', () => {
    const [host] = names('web') as [string]
    const stealing = { HAPROXY_0_VHOST: `a.test,${host}`, HAPROXY_0_BACKEND_WEIGHT: '999999999' }
    const [routes, warnings] = routed({
      '/a': { labels: stealing, ports: [10001] },
      '/b': { labels: { ...stealing, HAPROXY_0_PATH: '/login' }, ports: [10002] },
      '/web': { labels: http },
    })
    assert.deepEqual(routes, {
      a_0: ['a.test', ...names('a')],
      b_0: ['a.test/login', ...names('b')],
      web_0: names('web'),
    })
    assert.deepEqual(warnings, [
      `/a port 0 does not get host ${host}: /web port 0 has it`,
      `/b port 0 does not get host ${host} path /login: /web port 0, by its larger weight for the whole host, has it`,
    ])
  })

  it('are said once where a label of its own names them too', () => {
    const [host] = names('web') as [string]
    assert.deepEqual(routed({ '/web': { labels: { HAPROXY_0_VHOST: host, HAPROXY_0_PATH: '/a' } } }), [
      { web_0: names('web') },
      [],
    ])
  })

  it('that two apps share lead to the first of them, and the other is told', () => {
    const [routes, warnings] = routed({ '/b/a': { labels: http }, '/a-b': { labels: http, ports: [10001] } })
    assert.deepEqual(routes['a-b_0'], names('a-b'))
    assert.deepEqual(routes['b_a_0'], names('a.b'))
    const lost = names('a-b').map((host) => `host ${host}`)
    assert.deepEqual(warnings, [`/b/a port 0 does not get ${lost.join(', ')}: /a-b port 0 has it`])
  })
})
