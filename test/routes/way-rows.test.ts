import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AppSpec, app } from '../support/apps.js'
import { labels } from '../support/labels.js'
import { explained, said, saidOf, sceneOf } from './scene.js'

describe('the explanation of the ways in', () => {
  it('says where the service port comes from, and where it is listened on', () => {
    const mapping = [{ containerPort: 80, servicePort: 10001 }]
    const host = { networks: [], portDefinitions: [] }
    const cases: [AppSpec, string][] = [
      [{ ports: [10001] }, '10001, by portDefinitions[0].port'],
      [
        { ...host, portDefinitions: [{}], ports: [10001], labels: labels({ PORT: '10005' }) },
        '10005, by HAPROXY_0_PORT',
      ],
      [{ ports: [0], labels: labels({ VHOST: 'a.test' }) }, 'none'],
      [
        { networks: [], container: { docker: { network: 'BRIDGE', portMappings: mapping } } },
        '10001, by container.docker.portMappings[0].servicePort',
      ],
      [
        { networks: [], ipAddress: { discovery: { ports: [{ number: 80 }] } }, labels: labels({ VHOST: 'a.test' }) },
        '10000, by portDefinitions[0].port',
      ],
      [{ networks: [{ mode: 'host' }], container: { portMappings: mapping } }, '10000, by portDefinitions[0].port'],
    ]
    for (const [spec, port] of cases) assert.equal(said('service port', spec), port, JSON.stringify(spec))
    const bound = { labels: labels({ BIND_ADDR: '::1', BIND_OPTIONS: 'tfo', SSL_CERT: '/certs/a.pem' }) }
    assert.equal(said('listener', bound, { certificates: ['/certs'] }), '[::1]:10000, by HAPROXY_0_BIND_ADDR')
    assert.equal(said('certificate', bound, { certificates: ['/certs'] }), '/certs/a.pem, by HAPROXY_0_SSL_CERT')
    assert.equal(said('bind options', bound, { certificates: ['/certs'] }), 'tfo, by HAPROXY_0_BIND_OPTIONS')
    assert.equal(said('listener', { ports: [80] }), 'none')
    assert.equal(said('warning', { ports: [80] }), 'does not get service port 80: the http frontend has it')
  })

  it('takes the port from the older ports where the newer field has none', () => {
    const older = { ...app('/web', { networks: [], portDefinitions: [{}] }), ports: [10007] }
    assert.ok(explained(sceneOf([older]), '/web').includes('service port | 10007, by ports[0]'))
  })

  it('says which labels make each route, and who has it instead', () => {
    const wants = labels({ VHOST: 'a.test,b.test', PATH: '/x /y/z', BACKEND_WEIGHT: '2' })
    const scene = sceneOf([
      app('/a', { labels: labels({ VHOST: 'b.test', PATH: '/y', BACKEND_WEIGHT: '3' }) }),
      app('/b', { ports: [10001], labels: labels({ VHOST: 'a.test', PATH: '/x', BACKEND_WEIGHT: '2' }) }),
      app('/c', { ports: [10002], labels: wants }),
      app('/d', { ports: [10003], labels: labels({ VHOST: 'b.test' }) }),
    ])
    const by = 'by HAPROXY_0_VHOST, HAPROXY_0_PATH, HAPROXY_0_BACKEND_WEIGHT'
    assert.deepEqual(
      explained(scene, '/c').filter((line) => line.startsWith('route')),
      [
        `route | a.test/x, ${by}: /b port 0 has it`,
        `route | a.test/y/z, ${by}`,
        `route | b.test/x, ${by}`,
        `route | b.test/y/z, ${by}: /a port 0 has it`,
      ],
    )
    assert.deepEqual(saidOf('route', { labels: labels({ MODE: 'tcp', VHOST: 'a.test' }) }), [])
  })

  it('says which routes the options of the operator add', () => {
    const rules = { byAppId: true, mesosDns: { domain: 'mesos', framework: 'marathon' } }
    assert.deepEqual(saidOf('route', { labels: labels({ MODE: 'http' }) }, rules), [
      'web.marathon.mesos, a name of Mesos-DNS, by --mesos-dns-domain',
      'web.marathon.slave.mesos, a name of Mesos-DNS, by --mesos-dns-domain',
      'X-Marathon-App-Id: /web, by --app-id-port',
    ])
  })
})
