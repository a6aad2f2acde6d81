import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { findHaproxy } from '../../src/haproxy/validate.js'
import { readApps } from '../../src/marathon/reply.js'
import { type Rules, servicesOf } from '../../src/marathon/services.js'
import { type Configuration, configurationOf, type Rendering } from '../../src/render/configuration.js'
import { app, httpCheck } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { randomFrom, shuffled } from '../support/random.js'

const folder = makeFolder({ after })

const place: Rendering = {
  live: '/etc/haproxy/haproxy.cfg',
  templates: undefined,
  statsSocket: '/run/haproxy/admin.sock',
  frontends: { address: '*', http: 80, https: undefined, stats: 9090, certificates: [] },
  resolved: true,
}
const everything: Rules = {
  groups: ['*'],
  requireEnabled: false,
  health: 'auto',
  unreachable: false,
  isLive: () => false,
}

function render(apps: unknown[], changes: Partial<Rendering> = {}): Promise<Configuration> {
  const { services } = servicesOf(readApps({ apps }, false).apps, everything)
  return configurationOf(services, { ...place, ...changes }, '/etc/haproxy-updater/templates')
}

const vhost = (names: string) => ({ HAPROXY_0_VHOST: names })
const check = (protocol: string, more = {}) => [
  { ...httpCheck, protocol, intervalSeconds: 5, timeoutSeconds: 3, ...more },
]

/** Three modes of networks, every kind of check, agents by name, IPv4 and IPv6, and a service without servers. */
const cluster = [
  app('/shop/web', {
    ports: [10000],
    labels: vhost('www.shop.test,shop.test'),
    healthChecks: check('MESOS_HTTP', { path: `/health?who=it's#me` }),
    tasks: [
      { host: 'localhost', ports: [31001] },
      { host: '127.0.0.2', ports: [31002] },
      { host: '127.0.0.2', ports: [31001] },
    ],
  }),
  app('/shop/pay', {
    ports: [10001],
    labels: vhost('pay.shop.test'),
    healthChecks: check('HTTPS', { path: '/', maxConsecutiveFailures: 0 }),
    tasks: [{ host: 'fd00::2', ports: [31003] }],
  }),
  app('/db', {
    mode: 'container',
    ports: [10002],
    healthChecks: check('TCP'),
    tasks: [{ ipAddresses: [{ ipAddress: 'fd00::db', protocol: 'IPv6' }] }],
  }),
  app('/cache/my_own', { mode: 'bridge', ports: [10003, 10004], labels: { HAPROXY_1_MODE: 'http' }, tasks: 1 }),
  app('/idle', { ports: [0], tasks: 0 }),
]
const https = { frontends: { ...place.frontends, https: 443, certificates: ['/etc/haproxy/site.pem'] } }

const goldens: Record<string, Configuration> = {
  nothing: await render([]),
  services: await render(cluster, { ...https, resolved: false }),
}

/** The words that some HAProxy from 1.8 to 3.4 refuses or warns of, as they would begin a line or stand in one. */
const failing = [
  /^\s*(req|rsp)(add|del|i?rep|i?deny|i?allow|tarpit|iden)\b/,
  /^\s*(block|grace|appsession|clitimeout|srvtimeout|contimeout|redispatch|dispatch|monitor-net|program|http-errors)\b/,
  /^\s*(nbproc|bind-process|cpu-map|master-worker|zero-warning|strict-limits|set-dumpable|insecure-fork-wanted|\.if)\b/,
  /^\s*(close-spread-time|ssl-default-bind-ciphersuites|server-state-file|load-server-state-from-file|http-after-response)\b/,
  /^\s*(no )?option (forceclose|http-tunnel|http-use-htx|http_proxy|accept-invalid-http-re\w+)\b/,
  /^\s*http-request (return|replace-path|deny deny_status 404)\b/,
  /^\s*http-check send\b|^\s*option httpchk .*HTTP\//,
  /^\s*bind .* (process|thread) |^\s*log stdout\b|^\s*defaults \S|^\s*balance hash\b|parse-resolv-conf|opt@|host_only/,
  /^\s*timeout .*\d(d|h.*d)\b/,
]

const directives = (text: string): string[] => text.split('\n').filter((line) => !/^\s*(#|$)/.test(line))

describe('the shipped templates', () => {
  for (const [name, { text, map }] of Object.entries(goldens)) {
    describe(`for ${name}`, () => {
      const golden = join(import.meta.dirname, 'golden', `${name}.cfg`)

      it('give the golden text and map, byte for byte', () => {
        // UPDATE_GOLDEN=1 writes what is rendered now, to be read before it is committed.
        if (process.env['UPDATE_GOLDEN']) {
          writeFileSync(golden, text)
          if (map) writeFileSync(golden.replace(/cfg$/, 'map'), map.text)
        }
        assert.equal(text, readFileSync(golden, 'utf8'))
        if (map) assert.equal(map.text, readFileSync(golden.replace(/cfg$/, 'map'), 'utf8'))
      })

      it('give what HAProxy takes without a warning', () => {
        const { pem } = createCertificate(folder)
        const config = makeFile(
          folder,
          `${name}.cfg`,
          text
            .replaceAll('/etc/haproxy/site.pem', pem)
            .replaceAll(map?.path ?? '\0', map ? makeFile(folder, 'hosts.map', map.text) : ''),
        )
        const { status, stderr } = spawnSync(findHaproxy('haproxy'), ['-c', '-f', config], { encoding: 'utf8' })
        assert.equal(status, 0, stderr)
        assert.doesNotMatch(stderr, /WARNING|ALERT/)
      })

      it('use no word that fails on a HAProxy from 1.8 to 3.4', () => {
        const lines = directives(text)
        assert.ok(text.endsWith('\n'))
        assert.deepEqual(
          lines.filter((line) => failing.some((word) => word.test(line))),
          [],
        )
        assert.ok(
          !lines.some((line) => /^\s*bind .* ssl/.test(line)) || lines.includes('  tune.ssl.default-dh-param 2048'),
        )
        assert.ok(lines.every((line) => line.split(/\s+/).length <= 64 && line.length < 2048))
        const names = [...text.matchAll(/^(?:frontend|backend|listen) (\S+)/gm)].map((match) => match[1])
        assert.equal(new Set(names).size, names.length, '3.4 refuses a frontend and a backend of one name')
      })
    })
  }

  it('are searched for words that fail by patterns that find them', () => {
    const lines = [
      ...[
        '  reqadd X-A:\\ b',
        '\trspirep a b',
        'dispatch 10.0.0.1:80',
        '  nbproc 1',
        '  cpu-map 1 0',
        '  close-spread-time 10s',
      ],
      ...[
        '  no option http-use-htx',
        'option forceclose',
        '  http-request return status 200',
        '  option httpchk GET / HTTP/1.1',
      ],
      ...['  bind :80 process 1/1 ', 'defaults base', '  timeout tunnel 60d'],
    ]
    for (const line of lines)
      assert.ok(
        failing.some((word) => word.test(line)),
        line,
      )
    for (const word of failing)
      assert.ok(
        lines.some((line) => word.test(line)),
        String(word),
      )
  })
})

describe('a configuration', () => {
  it('is the same bytes in whatever order apps, tasks and keys come', async () => {
    const expected = await render(cluster)
    const random = randomFrom(3)
    for (let round = 0; round < 25; round++) {
      const apps = shuffled(cluster, random).map((one) =>
        reordered({ ...one, tasks: shuffled(one['tasks'] as [], random) }, random),
      )
      assert.deepEqual(await render(apps), expected)
    }
  })

  it('has other bytes, and another map, where one task or host more is there', async () => {
    const one = await render(cluster)
    const task = await render([...cluster, app('/new')])
    const host = await render([...cluster, app('/new', { labels: vhost('new.test') })])
    assert.equal(new Set([one, task, host].map(({ marker }) => marker)).size, 3)
    assert.equal(task.map?.path, one.map?.path)
    assert.notEqual(host.map?.path, one.map?.path)
    assert.ok(host.text.includes(host.map?.path ?? ''))
  })

  it('has a map only where its text names one', async (t) => {
    assert.equal(goldens['nothing']?.map, undefined)
    const templates = makeFolder(t)
    makeFile(templates, 'http.cfg.njk', 'frontend http\n  bind {{ frontends.bind.http }}\n  mode http\n')
    assert.equal((await render(cluster, { templates })).map, undefined)
  })

  it('is refused where its map would lead to what is no http backend, which haproxy -c does not see', async (t) => {
    const templates = makeFolder(t)
    const wrong = { none: '', tcp: '{% for b in backends %}backend {{ b.name }}\n  mode tcp\n{% endfor %}' }
    for (const text of Object.values(wrong)) {
      makeFile(templates, 'backends.cfg.njk', text)
      await assert.rejects(() => render(cluster, { templates }), {
        exit: 'bad-setup',
        message: /no backend shop_pay_0 with "mode http", which host pay\.shop\.test is routed to/,
      })
    }
  })
})

/** The same JSON with the keys of each object in another order. */
function reordered(value: unknown, random: (limit: number) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    shuffled(Object.entries(value), random).map(([key, item]) => [key, reordered(item, random)]),
  )
}
