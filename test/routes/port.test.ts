import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { app } from '../support/apps.js'
import { labels } from '../support/labels.js'
import { explained, sceneOf } from './scene.js'

describe('the explanation of a port', () => {
  it('says who is merged with whom', () => {
    const group = { HAPROXY_DEPLOYMENT_GROUP: 'g\u001b' }
    const started = (minute: number) => ({ HAPROXY_DEPLOYMENT_STARTED_AT: `2024-01-01T00:0${minute}` })
    const scene = sceneOf([
      app('/blue', {
        labels: { ...group, ...started(0), ...labels({ VHOST: 'a.test' }) },
        tasks: [{ ports: [31000] }, { ports: [31001] }],
      }),
      app('/green', {
        labels: { ...group, ...started(1), ...labels({ VHOST: 'b.test' }) },
        tasks: [{ ports: [31001] }],
      }),
    ])
    const deployment = 'deployment | group "g\\u001b" in /, by HAPROXY_DEPLOYMENT_GROUP'
    assert.deepEqual(explained(scene, '/green').slice(4), [
      deployment,
      '',
      'port 0 is served with /blue port 0, of whose service it is a part by HAPROXY_DEPLOYMENT_GROUP',
      'route | b.test, by HAPROXY_0_VHOST of /green',
      'task | green.instance-0._app.1 at 127.0.0.1:31001, by its host and ports[0]: unchecked',
    ])
    const blue = explained(scene, '/blue')
    assert.ok(blue.includes(deployment))
    assert.ok(blue.includes('merged | with /green port 0, by HAPROXY_DEPLOYMENT_GROUP'))
    assert.deepEqual(
      blue.filter((line) => /^(route|task) /.test(line)),
      [
        'route | a.test, by HAPROXY_0_VHOST',
        'route | b.test, by HAPROXY_0_VHOST of /green',
        'task | blue.instance-0._app.1 at 127.0.0.1:31000, by its host and ports[0]: unchecked, draining',
        'task | blue.instance-1._app.1 is left out: a task of a newer app of its deployment group is at the same host and port',
      ],
    )
  })
})
