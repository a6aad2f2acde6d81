import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { said, saidOf } from './scene.js'

describe('the explanation of a task', () => {
  it('says which fields the place of a task comes from', () => {
    const container = { mode: 'container' } as const
    assert.equal(
      said('task', container),
      'web.instance-0._app.1 at 172.17.0.2:8080, by its ipAddresses[0] and container.portMappings[0].containerPort: unchecked',
    )
    const discovered = { networks: [], ipAddress: { discovery: { ports: [{ number: 80 }] } } }
    assert.equal(
      said('task', discovered),
      'web.instance-0._app.1 at 172.17.0.2:80, by its ipAddresses[0] and ipAddress.discovery.ports[0]: unchecked',
    )
    const portMappings = [{ containerPort: 80 }, { containerPort: 81, hostPort: 0, servicePort: 10001 }]
    const mixed = { ...container, container: { portMappings }, tasks: [{ ports: [31005] }] }
    assert.equal(
      saidOf('task', mixed)[1],
      'web.instance-0._app.1 at 127.0.0.1:31005, by its host and ports[0]: unchecked',
    )
    const atHost = { host: '10.0.0.1', ports: [], ipAddresses: [{ ipAddress: '10.0.0.1' }] }
    const unlisted = {
      ...container,
      container: { portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10001 }] },
      tasks: [atHost],
    }
    assert.match(
      said('task', unlisted),
      /at 10\.0\.0\.1:80, by its ipAddresses\[0\] and container\.portMappings\[0\]\.containerPort/,
    )
  })

  it('says why a task is left out, port by port', () => {
    const twins = {
      tasks: [{ id: 'a' }, { id: 'a', ports: [31007] }, { id: 'b', ports: [31007] }, { id: 'c', host: 'lost' }],
    }
    assert.deepEqual(
      saidOf('task', twins).map((text) => text.replace(/, by .*/, '')),
      [
        'a at 127.0.0.1:31000',
        'a at 127.0.0.1:31007',
        'b is left out: another task is at the same host and port',
        'c is left out: agent lost has no address in /etc/hosts or DNS',
      ],
    )
    const tasks = [{ id: 'a' }, { id: 'b', ports: [31000] }]
    assert.deepEqual(
      saidOf('task', { tasks, ports: [10000, 10001] }).filter((text) => text.startsWith('b')),
      [
        'b is left out: another task is at the same host and port',
        'b is left out: it has no such port, or no host or address (host, ports, ipAddresses)',
      ],
    )
  })

  it('says the same where the port is left out, and of the others that they are with it', () => {
    const tasks = [{ id: 'a' }, { id: 'b', state: 'TASK_STAGING' }, { id: 'c', ports: [] }]
    assert.deepEqual(saidOf('task', { ports: [0], tasks }), [
      'a is left out with its port',
      'b is left out: it is in state TASK_STAGING',
      'c is left out: it has no such port, or no host or address (host, ports, ipAddresses)',
    ])
  })
})
