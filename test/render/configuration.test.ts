import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { findHaproxy } from '../../src/haproxy/validate.js'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { warningsIn } from '../../src/marathon/findings.js'
import { readApps } from '../../src/marathon/reply.js'
import { servicesOf } from '../../src/marathon/services.js'
import { type Configuration, configurationOf, type Rendering } from '../../src/render/configuration.js'
import type { MapFile } from '../../src/render/maps.js'
import { app } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { labels } from '../support/labels.js'
import { randomFrom, shuffled } from '../support/random.js'
import { everything } from '../support/rules.js'
import { cluster } from './cluster.js'

const folder = makeFolder({ after })

const place: Rendering = {
  live: '/etc/haproxy/haproxy.cfg',
  templates: undefined,
  statsSocket: '/run/haproxy/admin.sock',
  frontends: { address: '*', http: 80, https: undefined, stats: 9090, appId: undefined, certificates: [] },
  resolved: true,
}
const everyFrontend = { ...place.frontends, https: 443, appId: 9091, certificates: ['/etc/haproxy/site.pem'] }
function render(apps: unknown[], changes: Partial<Rendering> = {}): Promise<Configuration> {
  const { frontends, ...rest } = { ...place, ...changes }
  const rules = {
    ...everything,
    https: frontends.https !== undefined,
    byAppId: frontends.appId !== undefined,
    certificates: frontends.certificates,
  }
  const { services, findings } = servicesOf(readApps({ apps }, false).apps, rules)
  assert.deepEqual(warningsIn(findings), [])
  const settled = settleConflicts(mergeDeployments(services), new Map()).services
  return configurationOf(settled, { ...rest, frontends }, '/etc/haproxy-updater/templates')
}

const goldens: Record<string, Configuration> = {
  nothing: await render([]),
  services: await render(cluster, { frontends: everyFrontend, resolved: false }),
}

const kindOf = ({ path }: MapFile): string => /-(\w+)-\w+\.map$/.exec(path)?.[1] ?? path

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
  /,concat\(/,
]

const directives = (text: string): string[] => text.split('\n').filter((line) => !/^\s*(#|$)/.test(line))

describe('the shipped templates', () => {
  for (const [name, { text, maps }] of Object.entries(goldens)) {
    describe(`for ${name}`, () => {
      const golden = join(import.meta.dirname, 'golden', `${name}.cfg`)

      it('give the golden text and maps, byte for byte', () => {
        const mapped = maps.map((map) => [golden.replace(/\.cfg$/, `-${kindOf(map)}.map`), map.text] as const)
        for (const [path, given] of [[golden, text] as const, ...mapped]) {
          // UPDATE_GOLDEN=1 writes what is rendered now, to be read before it is committed.
          if (process.env['UPDATE_GOLDEN']) writeFileSync(path, given)
          assert.equal(given, readFileSync(path, 'utf8'))
        }
        const kept = readdirSync(dirname(golden)).filter((file) => file.startsWith(`${name}-`))
        assert.deepEqual(kept, mapped.map(([path]) => basename(path)).sort())
      })

      it('give what HAProxy takes without a warning', () => {
        const { pem } = createCertificate(folder)
        const local = maps.reduce(
          (before, map) => before.replaceAll(map.path, makeFile(folder, kindOf(map), map.text)),
          text.replaceAll('/etc/haproxy/site.pem', pem),
        )
        const config = makeFile(folder, `${name}.cfg`, local)
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
      ...[
        '  bind :80 process 1/1 ',
        'defaults base',
        '  timeout tunnel 60d',
        '  http-request set-var(txn.key) var(txn.host),concat(/)',
      ],
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
  const whole = { frontends: everyFrontend }

  it('is the same bytes in whatever order apps, tasks and keys come', async () => {
    const expected = await render(cluster, whole)
    const random = randomFrom(3)
    for (let round = 0; round < 25; round++) {
      const apps = shuffled(cluster, random).map((one) =>
        reordered({ ...one, tasks: shuffled(one['tasks'] as [], random) }, random),
      )
      assert.deepEqual(await render(apps, whole), expected)
    }
  })

  it('has other bytes, and another map of the kind concerned, where a task, host, path or app more is there', async () => {
    const one = await render(cluster, whole)
    const pathsOf = ({ maps }: Configuration) => maps.map(({ path }) => path)
    const changed: [string[], unknown[]][] = [
      [[], [app('/new', { tasks: 2 })]],
      [['hosts', 'apps'], [app('/new', { labels: labels({ VHOST: 'new.test' }) })]],
      [['paths', 'apps'], [app('/new', { labels: labels({ VHOST: 'shop.test', PATH: '/new' }) })]],
      [['apps'], [app('/new', { labels: labels({ MODE: 'http' }) })]],
    ]
    for (const [kinds, apps] of changed) {
      const other = await render([...cluster, ...apps], whole)
      assert.notEqual(other.marker, one.marker)
      const differing = other.maps.filter(({ path }) => !pathsOf(one).includes(path))
      assert.deepEqual(differing.map(kindOf), kinds)
      assert.ok(pathsOf(other).every((path) => other.text.includes(path)))
    }
  })

  it('has only the maps that its text names', async (t) => {
    assert.deepEqual(goldens['nothing']?.maps, [])
    const withoutAppIds = { ...everyFrontend, appId: undefined }
    assert.deepEqual((await render(cluster, { frontends: withoutAppIds })).maps.map(kindOf), ['hosts', 'paths'])
    const templates = makeFolder(t)
    makeFile(templates, 'routing.cfg.njk', '')
    assert.deepEqual((await render(cluster, { ...whole, templates })).maps.map(kindOf), ['apps'])
  })

  it('sets the size of TLS keys, of which old versions warn, wherever a listener has TLS', async () => {
    const hasSize = async (frontends: Rendering['frontends'], apps: unknown[]): Promise<boolean> =>
      /^ {2}tune\.ssl\.default-dh-param 2048$/m.test((await render(apps, { frontends })).text)
    const certified = app('/a', { labels: labels({ SSL_CERT: '/etc/haproxy/site.pem' }) })
    const withoutHttps = { ...everyFrontend, https: undefined }
    assert.equal(await hasSize(everyFrontend, []), true)
    assert.equal(await hasSize(withoutHttps, [app('/b'), certified]), true)
    assert.equal(await hasSize(withoutHttps, [app('/b')]), false)
  })

  it('names the port in a redirect to https unless it is the usual one', async () => {
    const redirects = async (https: number): Promise<string[]> => {
      const { text } = await render(cluster, { frontends: { ...everyFrontend, https } })
      return text.match(/redirect prefix \S+/g) ?? []
    }
    const usual = 'redirect prefix https://%[var(txn.host)]'
    assert.deepEqual(await redirects(443), [usual, usual])
    assert.deepEqual(await redirects(8443), [`${usual}:8443`, `${usual}:8443`])
  })

  it('is refused where a map would lead to what is no http backend, which haproxy -c does not see', async (t) => {
    const wrong = { none: '', tcp: '{% for b in backends %}backend {{ b.name }}\n  mode tcp\n{% endfor %}' }
    const only: [unknown, RegExp][] = [
      [
        app('/a', { labels: labels({ VHOST: 'a.test' }) }),
        /no backend a_0 with "mode http", which a\.test is routed to/,
      ],
      [
        app('/a', { labels: labels({ VHOST: 'a.test', PATH: '/b' }) }),
        /no backend a_0 .* which a\.test\/b\/ is routed to/,
      ],
      [app('/a', { labels: labels({ MODE: 'http' }) }), /no backend a_0 .* which \/a is routed to/],
    ]
    for (const text of Object.values(wrong)) {
      const templates = makeFolder(t)
      makeFile(templates, 'backends.cfg.njk', text)
      for (const [one, message] of only)
        await assert.rejects(() => render([one], { ...whole, templates }), { exit: 'bad-setup', message })
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
