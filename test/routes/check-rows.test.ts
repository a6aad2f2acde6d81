import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AppSpec, httpCheck } from '../support/apps.js'
import { labels } from '../support/labels.js'
import { said, saidOf } from './scene.js'

describe('the explanation of mode and check', () => {
  it('says what decided the mode', () => {
    const healthChecks = [{ ...httpCheck, protocol: 'TCP', portIndex: 1 }, httpCheck]
    const cases: [AppSpec, string][] = [
      [{ labels: labels({ MODE: 'TCP', VHOST: 'a.test' }), healthChecks }, 'tcp, by HAPROXY_0_MODE'],
      [{ labels: labels({ VHOST: 'a.test' }), healthChecks }, 'http, by HAPROXY_0_VHOST'],
      [{ healthChecks }, 'http, by healthChecks[1] (HTTP)'],
      [{}, 'tcp, by default'],
    ]
    for (const [spec, mode] of cases) assert.equal(said('mode', spec), mode)
  })

  it('says how HAProxy checks, and after which health check', () => {
    const checks = (...more: object[]) => ({ healthChecks: more.map((each) => ({ ...httpCheck, ...each })) })
    const times = '(inter 60s, timeout 20s, fall 4)'
    const cases: [AppSpec, string][] = [
      [
        checks({ portIndex: 1 }, { protocol: 'MESOS_HTTPS' }),
        `GET /health over TLS ${times}, by healthChecks[1] (MESOS_HTTPS)`,
      ],
      [checks({ protocol: 'COMMAND' }), `a connection ${times}, by healthChecks[0] (COMMAND)`],
      [checks({ port: 9999 }), `a connection ${times}, by healthChecks[0] (HTTP)`],
      [checks({ port: 9999 }, {}), `GET /health ${times}, by healthChecks[1] (HTTP)`],
      [checks({ portIndex: 1 }), 'none: no health check is of this port'],
      [{}, 'none: no health check is of this port'],
    ]
    for (const [spec, check] of cases) assert.equal(said('check', spec), check, JSON.stringify(spec))
    const other = {
      ports: [10001, 10002],
      labels: labels({ BACKEND_HEALTHCHECK_PORT_INDEX: '1' }),
      ...checks({ portIndex: 1 }),
    }
    assert.equal(
      saidOf('check', other)[0],
      `GET /health ${times}, by healthChecks[0] (HTTP), at port 1 by HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX`,
    )
  })
})
