import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { app } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile } from '../support/folder.js'
import { type Result, type RunOptions, runProgram } from '../support/program.js'
import { liveText, replyArgs, startSite } from '../support/running-site.js'
import { createSite, type Site } from '../support/site.js'

/** A site without HAProxy whose validations are counted, with a folder of certificates. */
async function countingSite(t: TestContext, delay = 0) {
  const site = await createSite()
  t.after(site.remove)
  const haproxy = countingHaproxy(site, delay)
  const certificates = join(site.dir, 'certs')
  mkdirSync(certificates)
  const { pem } = createCertificate(site.dir)
  copyFileSync(pem, join(certificates, 'site.pem'))
  const run = async (apps: unknown[], args: string[] = [], options: RunOptions = {}) => {
    rmSync(haproxy.count, { force: true })
    const own = ['--reload', 'none', '--haproxy', haproxy.path, '--ssl-cert', certificates, '--splay', '0']
    const result = await runProgram([...replyArgs(site, apps), ...own, ...args], options)
    return { ...result, validations: haproxy.counted() }
  }
  return { site, certificates, run }
}

/** A haproxy that notes each call, and takes some seconds more for it. */
function countingHaproxy({ dir }: Site, delay: number) {
  const count = join(dir, 'count')
  const path = makeFile(
    dir,
    'haproxy',
    `#!/bin/sh\necho >>${count}\nsleep ${delay}\nPATH=$PATH:/usr/sbin exec haproxy "$@"\n`,
  )
  chmodSync(path, 0o755)
  const counted = (): number => {
    try {
      return readFileSync(count, 'utf8').length
    } catch {
      return 0
    }
  }
  return { count, path, counted }
}

const many = (count: number, labels: (at: number) => Record<string, string> = () => ({})) =>
  Array.from({ length: count }, (_, at) =>
    app(`/g/app${at}`, { ports: [20_000 + at], labels: { HAPROXY_0_VHOST: `h${at}.test`, ...labels(at) } }),
  )

const backendsIn = (text: string): number => [...text.matchAll(/^backend /gm)].length
/** The texts of the maps of hosts beside the live file. */
const hostsAt = ({ live }: Site): string[] =>
  readdirSync(dirname(live))
    .filter((name) => /-hosts-\w+\.map$/.test(name))
    .map((name) => readFileSync(join(dirname(live), name), 'utf8'))

const noCertificate = (certificates: string) => ({ HAPROXY_0_SSL_CERT: join(certificates, 'missing.pem') })

/** What the warning for an app says; undefined where there is none. */
const warningFor = ({ stderr }: Result, id: string): string | undefined =>
  stderr.split('\n').find((line) => line.startsWith(`haproxy-updater: warning: ${id} port 0 is left out: `))

describe('a service that HAProxy rejects', () => {
  it('is left out, named with the words of HAProxy and the label, and the rest goes live', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const apps = many(1000, (at) => (at === 700 ? noCertificate(certificates) : {}))
    const result = await run(apps)
    assert.equal(result.status, 0, result.stderr)
    assert.equal(backendsIn(liveText(site)), 999)
    assert.match(
      warningFor(result, '/g/app700') ?? '',
      /HAProxy rejects it: .*unable to stat SSL certificate.* \(in "bind .*crt .*missing\.pem", from label HAPROXY_0_SSL_CERT\)$/,
    )
    assert.ok(result.validations <= 6, `${result.validations} validations for one culprit of a thousand`)
  })

  it('is not searched for again while nothing changes, nor when others change', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const bad = (at: number) => (at === 3 ? noCertificate(certificates) : {})
    assert.equal((await run(many(10, bad))).status, 0)
    const again = await run(many(10, bad))
    assert.deepEqual([again.status, again.validations, again.stderr], [0, 0, ''])
    const more = await run(many(12, bad))
    assert.deepEqual([more.status, more.validations], [0, 1])
    assert.equal(backendsIn(liveText(site)), 11)
  })

  it('is not searched for again when its own tasks change', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const apps = (tasks: number) => [
      ...many(5),
      app('/g/bad', { ports: [20_100], labels: noCertificate(certificates), tasks }),
    ]
    const found = await run(apps(1))
    assert.ok(warningFor(found, '/g/bad'), found.stderr)
    const before = liveText(site)
    for (const tasks of [3, 0]) {
      const scaled = await run(apps(tasks))
      assert.equal(scaled.status, 0, scaled.stderr)
      assert.ok(scaled.validations <= 1, `${scaled.validations}`)
      assert.equal(liveText(site), before)
    }
  })

  it('gives up its host and service port to another app that wants them', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const wanted = { HAPROXY_0_VHOST: 'wanted.test', HAPROXY_0_PORT: '20100' }
    const second = app('/b/second', { ports: [20_002], labels: wanted })
    const apps = [app('/a/first', { ports: [20_001], labels: { ...wanted, ...noCertificate(certificates) } }), second]
    const result = await run(apps)
    assert.equal(result.status, 0, result.stderr)
    assert.ok(warningFor(result, '/a/first'))
    assert.doesNotMatch(result.stderr, /does not get/)
    const assertSecondHasBoth = (): void => {
      assert.match(liveText(site), /^frontend service:\S*20100\n(?: .*\n)* {2}default_backend b_second_0$/m)
      assert.deepEqual(hostsAt(site), ['wanted.test b_second_0\n'])
      assert.doesNotMatch(liveText(site), /a_first/)
    }
    assertSecondHasBoth()
    const again = await run(apps)
    assert.deepEqual([again.status, again.validations, again.stderr], [0, 0, ''])
    const more = await run([...apps, app('/c', { ports: [20_200] })])
    assert.deepEqual([more.status, more.validations], [0, 1], more.stderr)
    assertSecondHasBoth()
  })

  it('is found where nothing is listened to without apps', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const apps = ['/a', '/b', '/c'].map((id, at) =>
      app(id, { ports: [20_000 + at], labels: id === '/b' ? noCertificate(certificates) : {} }),
    )
    const off = ['--http-port', 'off', '--https-port', 'off', '--stats-port', 'off', '--trust-labels']
    const result = await run(apps, off)
    assert.equal(result.status, 0, result.stderr)
    assert.match(warningFor(result, '/b') ?? '', /missing\.pem/)
    assert.deepEqual(liveText(site).match(/^(backend|frontend) .*/gm), [
      'frontend service:20000',
      'frontend service:20002',
      'backend a_0',
      'backend c_0',
    ])
  })

  it('is found by a HAProxy that takes its time for each call', async (t) => {
    const { site, certificates, run } = await countingSite(t, 1.5)
    const apps = many(50, (at) => (at === 30 ? noCertificate(certificates) : {}))
    const first = await run(apps)
    const last = first.status === 0 ? first : await run(apps)
    assert.equal(last.status, 0, first.stderr + last.stderr)
    assert.equal(backendsIn(liveText(site)), 49)
    assert.doesNotMatch(liveText(site), /app30_0/)
  })

  it('comes back when its label is mended, or the host is and the run is asked to try again', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const bad = (at: number) => (at === 3 ? noCertificate(certificates) : {})
    await run(many(5, bad))
    assert.equal(backendsIn(liveText(site)), 4)
    copyFileSync(join(certificates, 'site.pem'), join(certificates, 'missing.pem'))
    await run(many(5, bad))
    assert.equal(backendsIn(liveText(site)), 4)
    const retried = await run(many(5, bad), ['--retry'])
    assert.equal(backendsIn(liveText(site)), 5)
    assert.match(retried.stderr, /no longer: \/g\/app3 port 0 is left out/)
    rmSync(join(certificates, 'missing.pem'))
    await run(many(6, bad))
    assert.equal(backendsIn(liveText(site)), 5)
    const mended = await run(many(6))
    assert.deepEqual([mended.status, mended.validations, backendsIn(liveText(site))], [0, 1, 6])
  })

  it('is tried again after a quarter of an hour', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const bad = (at: number) => (at === 3 ? noCertificate(certificates) : {})
    await run(many(5, bad))
    copyFileSync(join(certificates, 'site.pem'), join(certificates, 'missing.pem'))
    const state = JSON.parse(readFileSync(join(site.stateDir, 'state.json'), 'utf8'))
    state.quarantine.g_app3_0.since -= 15 * 60_000
    makeFile(site.stateDir, 'state.json', JSON.stringify(state), 0o600)
    assert.equal((await run(many(5, bad))).status, 0)
    assert.equal(backendsIn(liveText(site)), 5)
  })

  it('ends the run with --strict, the live file untouched, and each at fault is named', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    assert.equal((await run(many(5))).status, 0)
    const before = site.tree()
    const bad = many(6, (at) => (at === 2 ? noCertificate(certificates) : {}))
    const [found, remembered] = [await run(bad, ['--strict']), await run(bad, ['--strict'])]
    assert.deepEqual([found.status, remembered.status, remembered.validations], [65, 65, 0], found.stderr)
    assert.deepEqual(site.tree()['etc/haproxy.cfg'], before['etc/haproxy.cfg'])
    const told = await run(bad, ['--strict', '--verbose'])
    assert.match(
      told.stderr,
      /error\[invalid-config\]: .*\/g\/app2 port 0 is left out: HAProxy rejects it: .*HAPROXY_0_SSL_CERT/,
    )
  })

  it('is not blamed for a template that is wrong without it', async (t) => {
    const { site, run } = await countingSite(t)
    const templates = join(site.dir, 'templates')
    makeFile(templates, 'stats.cfg.njk', 'frontend stats\n  no-such-word\n')
    const result = await run(many(10), ['--templates', templates])
    assert.deepEqual([result.status, result.validations], [65, 2])
    assert.match(result.stderr, /unknown keyword 'no-such-word'/)
  })

  it('is blamed on the template where that goes wrong for it alone', async (t) => {
    const { site, run } = await countingSite(t)
    const templates = join(site.dir, 'templates')
    makeFile(
      templates,
      'backends.cfg.njk',
      '{% for b in backends %}\nbackend {{ b.name }}\n  mode {{ b.mode }}\n{% if b.servers.length > 1 %}  no-such-word\n{% endif %}{% endfor %}',
    )
    const apps = [...many(4), app('/g/two', { ports: [20_100], tasks: 2 })]
    const result = await run(apps, ['--templates', templates, '--allow-empty'])
    assert.equal(result.status, 0, result.stderr)
    assert.match(
      warningFor(result, '/g/two') ?? '',
      /unknown keyword 'no-such-word' in 'backend' section \(in "no-such-word", from the template of the section backend\)$/,
    )
  })

  it('is left out in a dry run too, which remembers nothing', async (t) => {
    const { site, certificates, run } = await countingSite(t)
    const before = site.tree()
    const bad = many(5, (at) => (at === 3 ? noCertificate(certificates) : {}))
    const result = await run(bad, ['--dry-run'])
    assert.equal(result.status, 2, result.stderr)
    assert.equal(backendsIn(result.stdout.replaceAll(/^\+/gm, '')), 4)
    assert.ok(warningFor(result, '/g/app3'))
    const { count: _, haproxy: __, 'reply.json': ___, ...rest } = site.tree()
    assert.deepEqual(
      Object.keys(rest).filter((path) => path.startsWith('state') || path.startsWith('etc')),
      Object.keys(before).filter((path) => path.startsWith('state') || path.startsWith('etc')),
    )
  })

  it('leaves the servers of the others with their traffic in a running HAProxy', async (t) => {
    const site = await startSite()
    t.after(site.end)
    const { pem } = createCertificate(site.dir)
    const missing = { HAPROXY_0_SSL_CERT: join(site.dir, 'none.pem') }
    const apps = [app('/bad', { ports: [20_000], labels: missing }), app('/good', { ports: [20_001] })]
    const args = ['--bind', '127.0.0.1', '--ssl-cert', pem, '--trust-labels', '--verbose']
    const result = await runProgram([...replyArgs(site, apps), ...args])
    assert.equal(result.status, 0, result.stderr)
    assert.match(result.stderr, /HAProxy runs it/)
    assert.match(await site.haproxy.ask(site.statsSocket, 'show servers state'), /good_0/)
  })
})
