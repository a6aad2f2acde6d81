import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { app, httpCheck } from '../support/apps.js'
import { labels } from '../support/labels.js'
import { startMarathon } from '../support/marathon.js'
import { preload } from '../support/preload.js'
import { runInTerminal, runProgram } from '../support/program.js'
import { replyArgs } from '../support/running-site.js'
import { createSite, type Site } from '../support/site.js'

async function siteFor(t: TestContext): Promise<Site> {
  const site = await createSite()
  t.after(site.remove)
  return site
}

const web = app('/shop/web', {
  ports: [10001],
  labels: labels({ VHOST: 'a-rather-long-name.shop.test,shop.test' }),
  healthChecks: [httpCheck],
  tasks: [{}, { health: 'unknown' }, { health: 'unhealthy', id: 'x\u001b[31m\u009b' }],
})
const apps = [web, app('/shop/late', { ports: [10001] })]

describe('routes', () => {
  it('prints what is routed and what is left out, and leaves everything as it is', async (t) => {
    const site = await siteFor(t)
    const args = [...replyArgs(site, apps), '--health', 'ignore', 'routes']
    const before = site.tree()
    const { status, stdout, stderr } = await runProgram(args)
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(
      stdout,
      `\
FROM                          APP         PORT  SERVER           HEALTH
127.0.0.1:10001 tcp           /shop/late  0     127.0.0.1:31010  -
a-rather-long-name.shop.test  /shop/web   0     127.0.0.1:31010  healthy
shop.test                     /shop/web   0     127.0.0.1:31011  unknown
                              /shop/web   0     127.0.0.1:31012  unhealthy

left out, or not as asked:
  /shop/web port 0 does not get service port 10001: /shop/late port 0 has it

2 apps, 2 services, 4 servers; nothing left out; 1 other warning
`,
    )
    assert.deepEqual(site.tree(), before)
  })

  it('is coloured at a terminal, and as narrow', async (t) => {
    const site = await siteFor(t)
    const nodeArgs = preload('process.stdout.columns = 60')
    const { status, stdout } = await runInTerminal([...replyArgs(site, apps), '--health', 'ignore', 'routes'], {
      nodeArgs,
    })
    assert.equal(status, 0)
    for (const line of stripVTControlCharacters(stdout).split('\n')) assert.ok(line.length <= 60, line)
    const table = stdout.slice(0, stdout.indexOf('\n\n')).replaceAll('\u001b', '^')
    assert.match(table, /^\^\[1mFROM\^\[22m +\^\[1mAPP/)
    assert.match(table, /\^\[32mhealthy\^\[39m\n.*\^\[33munknown\^\[39m\n.*\^\[31munhealthy\^\[39m$/)
    const lines = table.replace(/\^\[\d+m/g, '').split('\n')
    assert.match(lines[2] ?? '', /^a-ra\S+…\S+test +\/shop\/web +0 /)
  })

  it('gives JSON, of all apps or of one', async (t) => {
    const site = await siteFor(t)
    const marathon = await startMarathon(apps)
    t.after(marathon.close)
    const run = (...more: string[]) => runProgram([...site.args, '-m', marathon.url, '--json', 'routes', ...more])
    const json = async (...more: string[]) => {
      const { status, stdout, stderr } = await run(...more)
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, /^[ -~\n]+$/)
      return JSON.parse(stdout)
    }
    const whole = await json()
    assert.deepEqual([whole.schema, whole.answered], [1, marathon.url])
    assert.deepEqual(
      whole.services.map(({ backend }: { backend: string }) => backend),
      ['shop_late_0', 'shop_web_0'],
    )
    const one = await json('shop/web')
    assert.deepEqual(one, { ...whole, services: whole.services.slice(1) })
    assert.deepEqual(one.leftOut.map(({ task }: { task: string }) => task).at(-1), 'x\u001b[31m\u009b')
    marathon.fault = '503-json'
    const failed = await run()
    const { error, ...rest } = JSON.parse(failed.stdout)
    assert.deepEqual([failed.status, rest], [69, { schema: 1, exit: { status: 69, name: 'unavailable' } }])
    assert.equal(failed.stderr, `haproxy-updater: error[unavailable]: ${error}\n`)
    const refused = await run('--html', '-')
    assert.deepEqual([refused.status, refused.stdout], [64, ''])
    assert.match(refused.stderr, /error\[usage\]: --html and --json are two forms of one report; give one of them\n$/)
  })

  it('explains one app, and names the nearest where there is none', async (t) => {
    const site = await siteFor(t)
    const args = [...replyArgs(site, apps), 'routes']
    const { status, stdout, stderr } = await runProgram([...args, 'shop/web'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^\/shop\/web\n {2}network {7}host, by networks\[0\]\.mode\n/)
    assert.match(
      stdout,
      /\n {2}task +x\\u\{1b\}\[31m\\u\{9b\} is left out: a health check fails \(healthCheckResults\)\n$/,
    )
    const unknown = await runProgram([...args, '/shop/wbe'])
    assert.deepEqual([unknown.status, unknown.stdout], [64, ''])
    assert.match(
      unknown.stderr,
      /error\[usage\]: .*reply\.json lists no app \/shop\/wbe \(did you mean \/shop\/web\?\)/,
    )
  })

  it('knows what HAProxy rejected and what else the last run said, of this live file', async (t) => {
    const site = await siteFor(t)
    const bad = app('/shop/bad', { ports: [10002], labels: labels({ SSL_CERT: join(site.dir, 'missing.pem') }) })
    const options = ['--trust-labels', '--reload', 'none']
    const run = await runProgram([...replyArgs(site, [...apps, bad]), ...options])
    assert.equal(run.status, 0, run.stderr)
    const routes = (...more: string[]) => runProgram([...replyArgs(site, [web, bad]), ...options, ...more, 'routes'])
    const { stdout } = await routes()
    assert.match(stdout, /\n {2}\/shop\/bad port 0: HAProxy rejects it: .*missing\.pem/)
    assert.match(
      stdout,
      /\nthe last run also said:\n {2}\/shop\/web port 0 does not get service port 10001: .*\n\n2 apps/,
    )
    const other = await routes('--haproxy-config', join(site.dir, 'etc/other.cfg'))
    assert.deepEqual([other.status, other.stderr], [0, ''])
    assert.doesNotMatch(other.stdout, /rejects|last run/)
  })

  it('draws a page into a file, and into nothing that is none', async (t) => {
    const site = await siteFor(t)
    const args = [...replyArgs(site, apps), 'routes', '--html']
    const page = join(site.dir, 'routes.html')
    assert.deepEqual(await runProgram([...args, page]).then(({ status, stdout, stderr }) => [status, stdout, stderr]), [
      0,
      '',
      `haproxy-updater: the page is ${page}\n`,
    ])
    assert.match(readFileSync(page, 'utf8'), /^<!doctype html>[\s\S]*shop\.test/i)
    const printed = await runProgram([...args, '-'])
    assert.deepEqual([printed.status, printed.stderr], [0, ''])
    assert.equal(printed.stdout, readFileSync(page, 'utf8'))
    assert.equal(statSync(page).mode & 0o777, 0o644)
    const refused = await runProgram([...args, site.dir])
    assert.equal(refused.status, 73)
    assert.match(refused.stderr, /is not a regular file; see --html/)
    const own = await runProgram([...args, site.live])
    assert.equal(own.status, 64)
    assert.match(own.stderr, /--html \S+haproxy\.cfg is a file of the program's own/)
  })
})
