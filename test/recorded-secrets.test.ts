import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { findHaproxy } from '../src/haproxy/validate.js'
import { readApps } from '../src/marathon/reply.js'
import { servicesOf } from '../src/marathon/services.js'
import { recorded } from '../src/recorded.js'
import { app, httpCheck } from './support/apps.js'
import { appsIn, assertFaithful } from './support/faithful.js'
import { makeFile, makeFolder } from './support/folder.js'
import { authOfBob, labels } from './support/labels.js'
import { everything } from './support/rules.js'

type Json = Record<string, unknown>

const labelIn = (text: string, name: string): unknown => (appsIn(text)[0]?.['labels'] as Json | undefined)?.[name]

describe('the secrets of a recorded reply', () => {
  const version = '2024-01-01T00:00:00.000Z'
  const full = app('/shop/web', {
    mode: 'bridge',
    ports: [10000, 10001],
    labels: {
      ...labels({ VHOST: 'a.test', BACKEND_HEAD: '  log x' }),
      owner: 'team',
      HAPROXY_PASSWORD: 'x',
      HAPROXY_0: 'x',
    },
    args: ['--password', 'x'],
    env: { PASSWORD: 'x', TOKEN: { secret: 'token' } },
    secrets: { token: { source: '/path' } },
    uris: ['http://user:x@repo.test/a.tgz'],
    fetch: [{ uri: 'http://user:x@repo.test/a.tgz', extract: true }],
    user: 'root',
    constraints: [['hostname', 'UNIQUE', 'x']],
    acceptedResourceRoles: ['x'],
    residency: { taskLostBehavior: 'x' },
    lastTaskFailure: { message: 'x', host: 'x' },
    container: {
      type: 'DOCKER',
      docker: {
        image: 'x',
        parameters: [{ key: 'env', value: 'x' }],
        pullConfig: { secret: 'x' },
        credential: { principal: 'x' },
      },
      volumes: [{ containerPath: 'x', hostPath: 'x', secret: 'x' }],
      portMappings: [
        { containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp', name: 'x', labels: { a: 'x' } },
      ],
    },
    networks: [{ mode: 'container/bridge', name: 'x', labels: { a: 'x' } }],
    healthChecks: [{ ...httpCheck, command: { value: 'x' }, headers: { Authorization: 'x' } }],
    readinessChecks: [{ name: 'x', path: '/?key=x', protocol: 'HTTP', httpStatusCodesForReady: [200] }],
    readinessCheckResults: [{ name: 'x', taskId: 'a', ready: true, lastResponse: { body: 'x', contentType: 'x' } }],
    deployments: [{ id: 'x' }],
    tasks: [{ id: 'a', health: 'healthy', localVolumes: [{ containerPath: 'x', persistenceId: 'x' }] }],
    tasksRunning: 1,
    version,
  })

  /** What one generation of Marathon needs, and another has beside the field that decides. */
  const readInOthers = ['startedAt', 'lastSuccess', 'lastFailure', 'version']

  /** What the program reads of an app. */
  const readingOf = (root: Json): string =>
    JSON.stringify(readApps({ apps: [root] }, true), (key, value) =>
      key === 'labels' ? Object.entries(value).filter(([name]) => name.startsWith('HAPROXY_0_')) : value,
    )

  /** Puts a text that is found again wherever it changes nothing of that, and in more places beside; gives how many. */
  function stain(root: Json): number {
    const read = readingOf(root)
    let count = 0
    const visit = (node: Json): void => {
      for (const [key, value] of Object.entries(node)) {
        if (readInOthers.includes(key)) continue
        if (value !== null && typeof value === 'object') visit(value as Json)
        else {
          node[key] = `SECRET-${count++}`
          if (readingOf(root) !== read) node[key] = value
        }
      }
      if (!Array.isArray(node)) node[`unknown-${count}`] = `SECRET-${count++}`
    }
    visit(root)
    return JSON.stringify(root).split('SECRET').length - 1
  }

  it('stay behind wherever the program does not read', async () => {
    const stained = structuredClone(full)
    const count = stain(stained)
    assert.ok(count > 70, `${count}`)
    assert.doesNotMatch(recorded([stained]), /SECRET/)
    await assertFaithful([stained])
  })

  it('stay behind where a name or another value belongs', () => {
    const numbers = { ports: ['SECRET'], tasksRunning: 'SECRET', portDefinitions: ['SECRET', { port: 'SECRET' }] }
    const text = recorded([
      { id: '/a', ...numbers, labels: ['SECRET'], tasks: ['SECRET', { ports: ['SECRET'] }] },
      'SECRET',
    ])
    assert.doesNotMatch(text, /SECRET/)
  })

  it('are the hashes of AUTH, in place of which stands one that HAProxy takes and no password fits', (t) => {
    const text = recorded([app('/a', { labels: labels({ AUTH: ` ${authOfBob('My: realm')} ` }) })])
    const value = String(labelIn(text, 'HAPROXY_0_AUTH'))
    assert.match(value, /^My: realm:bob:\$5\$removed0\$[./\w]{43}$/)
    // The last sign of SHA-256 in crypt(3) stands for four bits.
    assert.doesNotMatch(value, /[./0-9A-D]$/)
    const config = makeFile(
      makeFolder(t),
      'users.cfg',
      `userlist u\n  user bob password ${value.split(':').at(-1)}\nlisten l\n  bind 127.0.0.1:1\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n`,
    )
    const { status, stderr } = spawnSync(findHaproxy('haproxy'), ['-c', '-q', '-f', config], { encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
  })

  it('are told apart where they differed, so that two apps that let in different people do not become one service', () => {
    const authOf = (apps: Json[]) => appsIn(recorded(apps)).map(({ labels }) => (labels as Json)['HAPROXY_0_AUTH'])
    const bob = (id: string, hash: string) => app(id, { labels: labels({ AUTH: `r:bob:${hash}` }) })
    const [one, other, again] = authOf([
      bob('/a', 'abNANd1rDfiNc'),
      bob('/b', 'abNANd1rDfiN.'),
      bob('/c', 'abNANd1rDfiNc'),
    ])
    assert.notEqual(one, other)
    assert.equal(one, again)
  })

  it('are all of an AUTH that makes no sense, which goes on making none', () => {
    for (const auth of ['realm:bob:SECRET', 'SECRET', '']) {
      const text = recorded([app('/a', { labels: labels({ AUTH: auth }) })])
      assert.equal(labelIn(text, 'HAPROXY_0_AUTH'), 'removed')
    }
  })

  it('may be in the texts of templates, which become harmless or go on keeping somebody out', () => {
    const text = recorded([
      app('/a', {
        labels: {
          ...labels({
            BACKEND_HEAD: '  http-request set-header X SECRET',
            BACKEND_HTTP_OPTIONS: '  stats auth a:SECRET',
          }),
          ...labels({ NO_SUCH: 'SECRET' }),
        },
      }),
    ])
    assert.doesNotMatch(text, /SECRET/)
    assert.deepEqual(
      appsIn(text)[0]?.['labels'],
      labels({ BACKEND_HEAD: '', BACKEND_HTTP_OPTIONS: 'http-request deny', NO_SUCH: 'http-request deny' }),
    )
  })

  it('may be in URLs of labels that are refused for them, and go on being so', async () => {
    const urls = labels({ HTTP_BACKEND_REDIR: 'https://joe:SECRET@a.test/', VHOST: 'http://SECRET@a.test' })
    const text = recorded([app('/a', { labels: urls })])
    assert.equal(labelIn(text, 'HAPROXY_0_HTTP_BACKEND_REDIR'), 'https://removed@a.test/')
    assert.equal(labelIn(text, 'HAPROXY_0_VHOST'), 'http://removed@a.test')
    assert.equal(servicesOf(readApps({ apps: appsIn(text) }, true).apps, everything).services.length, 0)
    const taken = app('/a', {
      labels: labels({ VHOST: 'a.test', HTTP_BACKEND_REDIR: '//joe@a.test/?u=https://joe@a.test/' }),
    })
    await assertFaithful([taken])
  })

  it('may be in the query of a health check, which keeps its length and whether it is one', () => {
    const pathOf = (path: string) =>
      JSON.stringify(appsIn(recorded([app('/a', { healthChecks: [{ ...httpCheck, path }] })])))
    assert.match(pathOf('/up?key=SECRET#SECRET'), /"\/up\?xxxxxxxxxxxxxxxxx"/)
    assert.match(pathOf('/up?SECRET é'), /"\/up\?xxxxxx {2}"/)
    assert.match(pathOf('/up/key=1'), /"\/up\/key=1"/)
    assert.match(pathOf('http://joe:SEC?RET@a.test/up?SECRET'), /"http:\/\/xxxxxxxxxxx@a\.test\/up\?xxxxxx"/)
  })
})
