import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { explain } from '../../src/routes/explanation.js'
import { anyCluster } from '../support/any-apps.js'
import { type AppSpec, app, httpCheck } from '../support/apps.js'
import { labels } from '../support/labels.js'
import { appIn, said, saidOf, sceneOf } from './scene.js'

describe('the explanation of an app', () => {
  it('goes port by port and task by task, in columns', () => {
    const scene = sceneOf([
      app('/shop/web', {
        mode: 'bridge',
        ports: [10001, 10002],
        labels: {
          HAPROXY_GROUP: 'external',
          ...labels({ VHOST: 'shop.test', BALANCE: 'first' }),
          HAPROXY_1_ENABLED: 'false',
        },
        healthChecks: [httpCheck],
        tasks: [{ host: 'agent-1' }, { health: 'unhealthy' }],
      }),
    ])
    assert.equal(
      explain(appIn(scene, '/shop/web'), scene, undefined, (style, text) => `<${style} ${text}>`).join('\n'),
      `\
<bold /shop/web>
  network       bridge, by networks[0].mode
  ports         2
  tasks         2

<bold port 0, backend shop_web_0>
  service port  10001, by container.portMappings[0].servicePort
  listener      *:10001
  mode          http, by HAPROXY_0_VHOST
  group         external, by HAPROXY_GROUP
  route         shop.test, by HAPROXY_0_VHOST
  demand        balance first, by HAPROXY_0_BALANCE
  check         GET /health (inter 60s, timeout 20s, fall 4), by healthChecks[0] (HTTP)
  task          <green shop_web.instance-0._app.1 at agent-1:31010 (192.0.2.1), by its host and ports[0]: healthy>
  task          <yellow shop_web.instance-1._app.1 is left out: a health check fails (healthCheckResults)>

<bold port 1 is left out: its label HAPROXY_1_ENABLED is false>
  service port  10002, by container.portMappings[1].servicePort
  group         external, by HAPROXY_GROUP
  enabled       false, by HAPROXY_1_ENABLED
  task          <yellow shop_web.instance-0._app.1 is left out with its port>
  task          <yellow shop_web.instance-1._app.1 is left out with its port>`,
    )
  })

  it('is wrapped at a terminal, each line below what it belongs to', () => {
    const id = `/${'x'.repeat(70)}`
    const scene = sceneOf([app(id, { labels: labels({ ENABLED: 'false' }) })])
    assert.deepEqual(
      explain(appIn(scene, id), scene, 46, (style, text) => `<${style} ${text}>`),
      [
        `<bold /${'x'.repeat(43)}>`,
        `<bold   ${'x'.repeat(27)}>`,
        '  network       host, by networks[0].mode',
        '  ports         1',
        '  tasks         1',
        '',
        '<bold port 0 is left out: its label>',
        '<bold   HAPROXY_0_ENABLED is false>',
        '  service port  10000, by',
        '                portDefinitions[0].port',
        '  enabled       false, by HAPROXY_0_ENABLED',
        `  task          <yellow ${'x'.repeat(30)}>`,
        `                <yellow ${'x'.repeat(30)}>`,
        '                <yellow xxxxxxxxxx.instance-0._app.1>',
        '                <yellow is left out with its port>',
      ],
    )
  })

  it('says what decided the network', () => {
    const docker = (network: string) => ({ networks: [], container: { docker: { network } } })
    const cases: [AppSpec, string][] = [
      [{ mode: 'container' }, 'container, by networks[0].mode'],
      [docker('BRIDGE'), 'bridge, by container.docker.network'],
      [{ networks: [], ipAddress: {} }, 'container, by ipAddress'],
      [{ networks: [] }, 'host, by default'],
    ]
    for (const [spec, network] of cases) assert.equal(said('network', spec), network)
  })

  it('says that an app has no ports', () => {
    assert.equal(said('ports', { ports: [] }), 'none, so there is nothing to route')
  })

  it('names labels that are of no effect', () => {
    const odd = {
      HAPROXY_1_VHOST: 'a',
      HAPROXY_VHOST: 'a',
      HAPROXY_0_PATH: '/x',
      HAPROXY_0_BACKEND_HEAD: 'x',
      HAPROXY_GROUP: 'g',
    }
    const mode = { HAPROXY_0_MODE: 'http', HAPROXY_DEPLOYMENT_GROUP: '' }
    assert.deepEqual(saidOf('warning', { labels: { ...odd, ...mode } }), [
      'has the label "HAPROXY_1_VHOST", which is of none of its ports',
      'has the label "HAPROXY_VHOST", which is of none of its ports',
      'has the label HAPROXY_0_BACKEND_HEAD, a template of marathon-lb that is passed over',
      'has the label HAPROXY_0_PATH (without VHOST), which is of no effect',
    ])
  })

  it('is there for whatever Marathon says, names each task of each port, and nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(anyCluster, (apps) => {
        const scene = sceneOf(apps, { byAppId: true, mesosDns: { domain: 'mesos', framework: 'm' } })
        for (const one of scene.apps) {
          const lines = explain(one, scene, undefined, (_, text) => text)
          const ports = lines.filter((line) => /^port \d+/.test(line)).length
          assert.equal(
            lines.filter((line) => /^ {2}task /.test(line)).length,
            ports * one.tasks.length,
            lines.join('\n'),
          )
          assert.doesNotMatch(lines.join(''), /undefined|\p{Cc}/u)
        }
      }),
      { numRuns: 100 },
    )
  })
})
