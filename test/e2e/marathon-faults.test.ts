import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { ExitName } from '../../src/errors.js'
import { app } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { createCertificate } from '../support/certificate.js'
import { startDns } from '../support/dns.js'
import { type MarathonOptions, startMarathon, type TestMarathon } from '../support/marathon.js'
import type { Fault } from '../support/marathon-faults.js'
import { freePort } from '../support/ports.js'
import { asking } from '../support/preload.js'
import { type Result, type RunOptions, runProgram } from '../support/program.js'
import { type ProvenSite, startProvenSite } from '../support/proven.js'

let site: ProvenSite
/** Runs what `site.marathon` runs, and one task more. */
let second: TestMarathon
let ports: { web: number; front: number }

before(async () => {
  ports = { web: await freePort(), front: await freePort() }
  site = await startProvenSite([web(1)])
  second = await startMarathon([web(2)])
})

after(async () => {
  await second.close()
  await site.end()
})

const web = (tasks: number) => app('/web', { ports: [ports.web], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks })

/** Another Marathon, until the test ends. */
async function startAnother(t: TestContext, apps: unknown[], options: MarathonOptions = {}): Promise<TestMarathon> {
  const marathon = await startMarathon(apps, options)
  t.after(() => marathon.close())
  return marathon
}

const ask = (...urls: string[]): string[] => urls.flatMap((url) => ['--marathon', url])

/** What Marathon gave, as the text that is rendered from it. */
const render = (args: string[], options: RunOptions = {}): Promise<Result> =>
  runProgram(['render', ...site.args, ...args], options)

describe('a Marathon that fails', () => {
  const failures: Record<Exclude<Fault, 'redirect' | 'empty-apps'>, [ExitName, says: string]> = {
    reset: ['unavailable', 'ECONNRESET'],
    hang: ['unavailable', 'no complete answer within'],
    drip: ['unavailable', 'no complete answer within'],
    '401': ['auth-refused', 'HTTP status 401'],
    '403': ['auth-refused', 'HTTP status 403'],
    '404': ['bad-reply', 'HTTP status 404'],
    '500-html': ['unavailable', 'HTTP status 500'],
    '503-json': ['unavailable', 'HTTP status 503'],
    'redirect-elsewhere': ['bad-reply', 'localhost.invalid'],
    empty: ['bad-reply', 'not JSON'],
    'no-apps': ['bad-reply', 'JSON without a list of apps'],
    'null-apps': ['bad-reply', 'JSON without a list of apps'],
    'cut-off': ['bad-reply', 'cut off'],
    html: ['bad-reply', 'text/html'],
    'not-json': ['bad-reply', 'not JSON'],
    huge: ['bad-reply', '--max-reply-size'],
    'gzip-bomb': ['bad-reply', '--max-reply-size'],
  }

  for (const [fault, [name, says]] of Object.entries(failures) as [Fault, [ExitName, string]][]) {
    it(`by "${fault}" changes nothing, is named with its URL and reason, and gives way to the next`, async (t) => {
      const marathon = await startAnother(t, [web(1)])
      marathon.fault = fault
      await expectFailure(marathon.url, name, says, ['hang', 'drip'].includes(fault) ? '2s' : '30s')
    })
  }

  it('by a refused connection does the same', async () => {
    await expectFailure(`http://127.0.0.1:${await freePort()}`, 'unavailable', 'ECONNREFUSED', '30s')
  })

  it('by a name that nobody knows is named with it', async (t) => {
    const dns = await startDns({})
    t.after(() => dns.close())
    const result = await render(ask('http://marathon.test:8080'), { nodeArgs: asking(dns.address) })
    assertFailed(result, 'unavailable', /http:\/\/marathon\.test:8080: ENOTFOUND/)
    assert.ok(dns.queries.includes('A marathon.test'))
  })

  async function expectFailure(url: string, name: ExitName, says: string, timeout: string): Promise<void> {
    const before = await site.traffic()
    const options = ['--timeout', timeout, '--max-reply-size', '1']
    const [alone, followed] = await Promise.all([
      site.run(...options, ...ask(url)),
      site.run(...options, '--dry-run', ...ask(url, second.url)),
    ])
    assertFailed(alone, name, `${url}: `)
    assertFailed(alone, name, says)
    assert.deepEqual([alone.stdout, alone.stderr.split('\n').length], ['', 2], alone.stderr)
    assert.equal(followed.status, 2, followed.stderr)
    assert.match(followed.stderr, /would change: \+1 server;/)
    assert.deepEqual(await site.traffic(), before)
  }

  it('by a redirect to itself is followed there', async (t) => {
    const marathon = await startAnother(t, [web(1)])
    marathon.fault = 'redirect'
    const { status, stderr } = await site.run(...ask(marathon.url, second.url))
    assert.deepEqual([status, marathon.requests.length], [0, 2], stderr)
    assert.match(stderr, /up to date/)
  })

  it('by an empty list of apps is believed only if no other URL has any', async (t) => {
    const marathon = await startAnother(t, [])
    const before = await site.traffic()
    const followed = await site.run('--dry-run', ...ask(marathon.url, second.url))
    assert.match(followed.stderr, /would change: \+1 server;/)
    assertFailed(await site.run(...ask(marathon.url, marathon.url)), 'unsafe')
    assertFailed(await site.run(...ask(marathon.url, `http://127.0.0.1:${await freePort()}`)), 'unsafe')
    assert.deepEqual(await site.traffic(), before)
  })

  it('by silence leaves enough time for the next URL, whose apps go live', async (t) => {
    const marathon = await startAnother(t, [web(1)])
    const { worker } = await site.traffic()
    for (const [fault, tasks] of [
      ['hang', 2],
      ['drip', 1],
    ] as const) {
      marathon.fault = fault
      second.apps = [web(tasks)]
      const { status, stderr } = await site.run('--timeout', '4s', ...ask(marathon.url, second.url))
      assert.equal(status, 0, stderr)
      assert.match(stderr, /updated .* [+-]1 server; HAProxy runs it/)
    }
    assert.notDeepEqual((await site.traffic()).worker, worker)
    second.apps = [web(2)]
  })

  it('with several URLs is told as refused before bad before unavailable, each with its reason', async (t) => {
    const [down, wrong, closed] = [await startAnother(t, []), await startAnother(t, []), await startAnother(t, [])]
    ;[down.fault, wrong.fault, closed.fault] = ['503-json', '404', '403']
    const all = await site.run(...ask(down.url, wrong.url, closed.url))
    assertFailed(
      all,
      'auth-refused',
      `${down.url}: HTTP status 503; ${wrong.url}: HTTP status 404; ${closed.url}: HTTP`,
    )
    assertFailed(await site.run(...ask(closed.url, wrong.url)), 'auth-refused')
    assertFailed(await site.run(...ask(down.url, wrong.url)), 'bad-reply')
    assertFailed(await site.run(...ask(wrong.url, down.url)), 'bad-reply')
  })
})

describe('what Marathon is asked', () => {
  it('is sent to the base path, under the name of the program, version and host', async (t) => {
    const marathon = await startAnother(t, [web(1)], { basePath: '/service/marathon' })
    for (const url of [marathon.url, `${marathon.url}/`]) assert.equal((await render(ask(url))).status, 0)
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
    for (const { path, headers } of marathon.requests) {
      assert.equal(path, '/service/marathon/v2/apps?embed=apps.tasks')
      assert.equal(headers['user-agent'], `haproxy-updater/${version} (${hostname()})`)
    }
    assertFailed(await render(ask(new URL(marathon.url).origin)), 'bad-reply', 'HTTP status 404')
  })

  it('is narrowed by --label-selector', async (t) => {
    const front = app('/front', { ports: [ports.front], labels: { tier: 'front & centre' } })
    const marathon = await startAnother(t, [web(1), front])
    const { status, stdout } = await render([...ask(marathon.url), '--label-selector', 'tier==front & centre'])
    assert.equal(status, 0)
    assert.deepEqual(stdout.match(/^backend .*$/gm), ['backend front_0'])
  })

  it('may be answered with as much as --max-reply-size says, and half a GiB by default', async (t) => {
    const marathon = await startAnother(t, [web(1)])
    marathon.fault = 'huge'
    const tooSmall = await render([...ask(marathon.url), '--max-reply-size', '8'])
    assertFailed(tooSmall, 'bad-reply', 'larger than 8388608 bytes')
    assert.equal((await render([...ask(marathon.url), '--max-reply-size', '9'])).status, 0)
    assert.equal((await render(ask(marathon.url))).status, 0)
  })

  it('may be compressed', async (t) => {
    const marathon = await startAnother(t, [web(1)], { gzip: true })
    assert.equal((await render(ask(marathon.url))).status, 0)
    assert.match(String(marathon.requests[0]?.headers['accept-encoding']), /gzip/)
  })
})

describe('secrets', () => {
  const secret = 's3cr3t:p@ss/word'
  const pair = `ädmin:${secret}`
  const parts = /s3cr3t|p@ss|ss\/w|ss%2fw/i
  let files = 0

  /** A run with these options, after which no secret is to be seen in what it printed, wrote and remembered. */
  async function run(url: string, args: string[], env: Record<string, string> = {}): Promise<Result> {
    const result = await runProgram([...site.args, '--verbose', ...ask(url), ...args], { env })
    const written = Object.keys(site.tree()).filter((path) => /^(etc|state)\//.test(path))
    const texts = written.map((path) => readFileSync(join(site.dir, path), 'utf8'))
    assert.doesNotMatch([result.stdout, result.stderr, ...texts].join('\n'), parts)
    return result
  }

  function file(text: string): string {
    const path = join(site.dir, `secret-${++files}`)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  const inUrl = (url: string, password: string): string =>
    url.replace('//', `//${encodeURIComponent('ädmin')}:${encodeURIComponent(password)}@`)

  it('reach Marathon as user and password, from a file, the environment or the URL', async (t) => {
    const { url } = await startAnother(t, site.marathon.apps, { basic: pair })
    const right = [
      await run(url, ['--auth-file', file(`${pair}\n`)]),
      await run(url, [], { HAPROXY_UPDATER_AUTH: pair }),
      await run(url, ['--auth-file', file(pair)], { HAPROXY_UPDATER_AUTH: 'other:pair' }),
      await run(inUrl(url, secret), []),
    ]
    assert.deepEqual(
      right.map(({ status }) => status),
      [0, 0, 0, 0],
    )
    const wrong = [
      await run(url, []),
      await run(url, ['--auth-file', file(`no-${pair}`)]),
      await run(url, [], { HAPROXY_UPDATER_AUTH: `no-${pair}` }),
      await run(inUrl(url, `no-${secret}`), []),
    ]
    for (const result of wrong) assertFailed(result, 'auth-refused', `${url}: HTTP status 401): check --auth-file`)
  })

  it('reach Marathon as a token, from a file or the environment', async (t) => {
    const { url } = await startAnother(t, site.marathon.apps, { token: secret })
    assert.equal((await run(url, ['--token-file', file(`${secret}\n`)])).status, 0)
    assert.equal((await run(url, [], { HAPROXY_UPDATER_TOKEN: secret })).status, 0)
    assertFailed(await run(url, ['--token-file', file(`no-${secret}`)]), 'auth-refused', 'HTTP status 401')
    assertFailed(await run(url, [], { HAPROXY_UPDATER_TOKEN: `no-${secret}` }), 'auth-refused', 'HTTP status 401')
  })

  it('are not told when Marathon fails, nor sent to where it redirects', async (t) => {
    const [marathon, elsewhere] = [await startAnother(t, []), await startAnother(t, [web(1)])]
    marathon.redirectTo = elsewhere.url.replace('127.0.0.1', 'localhost')
    for (const fault of ['reset', '403', 'html', 'redirect-elsewhere'] as const) {
      marathon.fault = fault
      const result = await run(inUrl(marathon.url, secret), [], { HAPROXY_UPDATER_TOKEN: secret })
      assert.match(result.stderr, new RegExp(`error\\[.*\\]: .*${marathon.url}: `))
    }
    assert.equal(elsewhere.requests.length, 0)
  })

  it('are not told where a URL is refused', async () => {
    const wrong = [
      'ftp://admin:s3cr3t@host',
      'http://admin:s3cr3t@host/?query',
      'http://admin:s3cr3t/more@host',
      'http://admin:more@s3cr3t@host/?query',
      'admin:s3cr3t@host/?query',
    ]
    for (const url of wrong) {
      assertFailed(await run(url, []), 'usage', /--marathon is ".*host.*", which is not an http or https URL/)
    }
  })

  it('go over TLS to a Marathon that --ca-file vouches for, and to no other', async (t) => {
    const { key, cert } = createCertificate(site.dir)
    const other = createCertificate(site.dir, 'other')
    const marathon = await startAnother(t, site.marathon.apps, { tls: { key, cert }, basic: pair })
    const auth = { HAPROXY_UPDATER_AUTH: pair }
    assert.equal((await run(marathon.url, ['--ca-file', cert], auth)).status, 0)
    assertFailed(await run(marathon.url, [], auth), 'unavailable', /: DEPTH_ZERO_SELF_SIGNED_CERT/)
    assertFailed(await run(marathon.url, ['--ca-file', other.cert], auth), 'unavailable', `${marathon.url}: `)
    assertFailed(await run(marathon.url, ['--ca-file', join(site.dir, 'no.crt')], auth), 'no-input', 'no.crt')
    assert.equal(marathon.requests.length, 1)
  })
})
