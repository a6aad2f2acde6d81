import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { type AppSpec, app, httpCheck, type TaskSpec } from '../support/apps.js'
import { startDns, type TestDns } from '../support/dns.js'
import { listen } from '../support/listen.js'
import { freePort } from '../support/ports.js'
import { asking } from '../support/preload.js'
import { type Result, runProgram } from '../support/program.js'
import { type ProvenSite, startProvenSite } from '../support/proven.js'
import { markerOf } from '../support/running-site.js'
import { bootConfig, createSite } from '../support/site.js'
import { until } from '../support/wait.js'

let site: ProvenSite
let dns: TestDns

const healthy = [{ host: 'one.test' }, { host: 'two.test' }]
const web = (tasks: TaskSpec[] = healthy, more: AppSpec = {}) =>
  app('/web', { labels: { HAPROXY_0_VHOST: 'web.test' }, ports: [0], healthChecks: [httpCheck], tasks, ...more })

before(async () => {
  dns = await startDns({ 'one.test': { a: ['127.0.0.2'] }, 'two.test': { a: ['127.0.0.3'] } })
  site = await startProvenSite([web([{}])])
})

after(() => Promise.all([site.end(), dns.close()]))

const run = (...more: string[]): Promise<Result> =>
  runProgram([...site.args, '--marathon', site.marathon.url, ...more], { nodeArgs: asking(dns.address) })

const live = (): string => readFileSync(site.live, 'utf8')
const seenFile = (): string => join(site.stateDir, 'seen.json')
const seen = (): string => (existsSync(seenFile()) ? readFileSync(seenFile(), 'utf8') : '')

/** Runs until a run has found everything as the last one saw it, which must be soon. */
async function settle(...more: string[]): Promise<void> {
  for (let rendered = true, times = 0; rendered; times++) {
    assert.ok(times < 5, 'each run renders')
    const before = seen()
    assert.equal((await run(...more)).status, 0)
    rendered = before === '' || before !== seen()
  }
}

/** A run that renders and finds nothing to change. */
async function renderAgain(...more: string[]): Promise<void> {
  rmSync(seenFile(), { force: true })
  assert.deepEqual(await rendered(...more), [true, ''])
}

/** A run that must end well; gives whether it rendered, and what it said. */
async function rendered(...more: string[]): Promise<[boolean, string]> {
  // Only what was rendered is written down again.
  const before = seen()
  const { status, stdout, stderr } = await run(...more)
  assert.equal(status, 0, stderr)
  return [seen() !== before, stdout + stderr]
}

const moveChecks = (time: string): void => {
  site.marathon.apps = [JSON.parse(JSON.stringify(web()).replace(/("lastSuccess"):"[^"]*"/g, `$1:"${time}"`))]
}

describe('a run that sees what the last one saw', () => {
  before(async () => {
    site.marathon.apps = [web()]
    await settle()
  })
  afterEach(async () => {
    site.marathon.apps = [web()]
    await settle()
  })

  it('changes and says nothing, whenever health checks were passed', async () => {
    await renderAgain()
    const { 'state/success': success, ...before } = site.tree()
    moveChecks('2026-02-03T04:05:06.789Z')
    assert.deepEqual(await rendered(), [false, ''])
    const { 'state/success': later, ...tree } = site.tree()
    assert.deepEqual(tree, before)
    assert.notEqual(later?.mtime, success?.mtime)
  })

  it('writes the same counts into the metrics file as a run in full', async () => {
    const metrics = join(site.dir, 'run/metrics.prom')
    const counts = () =>
      readFileSync(metrics, 'utf8').match(/^haproxy_updater_(apps|services|servers|left_out|exit)\w*\{.*$/gm)
    site.marathon.apps = [web([...healthy, { host: 'one.test', ports: [1], health: 'unhealthy' }])]
    const args = ['--metrics-file', metrics]
    await settle(...args)
    await renderAgain(...args)
    const full = counts()
    assert.ok(
      full?.some((line) => line.includes('unhealthy') && line.endsWith(' 1')),
      full?.join('\n'),
    )
    rmSync(metrics)
    assert.deepEqual(await rendered(...args), [false, ''])
    assert.deepEqual(counts(), full)
  })

  it('does not tell a warning again, nor that it is over', async () => {
    site.marathon.apps = [
      web(healthy, { labels: { HAPROXY_0_VHOST: 'web.test', HAPROXY_0_BALANCE: 'none such' } }),
      web(healthy, { id: '/b' }),
    ]
    assert.match((await run()).stderr, /warning: \/web port 0/)
    await renderAgain()
    assert.deepEqual(await rendered(), [false, ''])
    await renderAgain()
  })
})

describe('a run renders', () => {
  before(async () => {
    site.marathon.apps = [web()]
    await settle()
  })

  it('where Marathon says something else', async () => {
    site.marathon.apps = [web([{ host: 'one.test' }, { host: 'two.test', health: 'unhealthy' }])]
    assert.match((await run()).stderr, /updated .*-1 server/)
    site.marathon.apps = [web()]
    assert.match((await run()).stderr, /updated .*\+1 server/)
    await settle()
  })

  it('where an agent has no address that is known, each time', async () => {
    site.marathon.apps = [web([...healthy, { host: 'gone.test' }])]
    assert.match((await run()).stderr, /gone\.test/)
    const before = seen()
    await run()
    await run()
    assert.equal(seen(), before)
    dns.zones['gone.test'] = { a: ['127.0.0.5'] }
    assert.match((await run()).stderr, /updated .*\+1 server/)
    site.marathon.apps = [web()]
    await settle()
  })

  it('where a template is another', async () => {
    const templates = join(site.dir, 'etc/templates')
    mkdirSync(templates)
    await settle('--templates', templates)
    writeFileSync(join(templates, 'defaults.cfg.njk'), 'defaults\n  mode http\n  timeout connect 7s\n')
    assert.match((await run('--templates', templates)).stderr, /updated/)
    assert.match(live(), /timeout connect 7s/)
    rmSync(templates, { recursive: true })
    await settle()
  })

  it('where an option is another', async () => {
    assert.deepEqual(await rendered('--max-drop', '51'), [true, ''])
    assert.deepEqual(await rendered('--max-drop', '51'), [false, ''])
    await settle()
  })

  it('where somebody edited the live file or a map', async () => {
    const text = live()
    writeFileSync(site.live, `${text}# mine\n`)
    assert.match((await run()).stderr, /updated/)
    assert.equal(live(), text)
    await settle()
    const map = readdirSync(join(site.dir, 'etc')).find((name) => name.endsWith('.map')) ?? ''
    rmSync(join(site.dir, 'etc', map))
    assert.match((await run()).stderr, /updated/)
    assert.ok(existsSync(join(site.dir, 'etc', map)))
    await settle()
  })

  it('where HAProxy runs something else', async () => {
    const text = live()
    writeFileSync(site.live, bootConfig(site, site.bootPort))
    await site.haproxy.reloadBySignal()
    await until(async () => (await site.haproxy.running()) === '', { what: 'HAProxy to run the boot configuration' })
    writeFileSync(site.live, text)
    assert.match((await run()).stderr, /updated/)
    assert.equal(await site.haproxy.running(), markerOf(text))
    await settle()
  })

  it('where a person asks, however often', async () => {
    for (const option of ['--retry', '--verbose']) {
      await run(option)
      assert.equal((await rendered(option))[0], true, option)
    }
    assert.equal((await run('--dry-run')).status, 0)
    await settle()
  })

  it('as long as a service port is held by somebody else, and after that', async () => {
    const port = await freePort()
    const other = await listen(createServer(), port)
    site.marathon.apps = [web(healthy, { ports: [port] })]
    assert.match((await run()).stderr, /gets no listener/)
    await run()
    await other.close()
    assert.match((await run()).stderr, /updated/)
    assert.match(live(), new RegExp(`bind 127\\.0\\.0\\.1:${port}`))
    site.marathon.apps = [web()]
    await settle()
  })

  it('and fails as ever where Marathon does', async () => {
    site.marathon.fault = '500-html'
    assert.equal((await run()).status, 69)
    site.marathon.fault = undefined
    assert.match((await run()).stderr, /it is over/)
    assert.deepEqual(await rendered(), [false, ''])
  })

  it('and tells a person where it cannot remember what it saw', async () => {
    rmSync(seenFile(), { force: true })
    mkdirSync(join(seenFile(), 'in the way'), { recursive: true })
    assert.deepEqual((await run()).stderr, '')
    const { status, stderr } = await run('--verbose')
    assert.equal(status, 0)
    assert.match(stderr, /warning: the next run must render again: cannot write .*seen\.json: EISDIR/)
    rmSync(seenFile(), { recursive: true })
    await settle()
  })
})

describe('a run that nobody asks to reload', () => {
  it('sees that an agent has another address, and nothing else', async (t) => {
    const place = await createSite()
    t.after(() => place.remove())
    dns.zones['three.test'] = { a: ['192.0.2.3'] }
    site.marathon.apps = [web([{ host: 'three.test' }])]
    const args = [...place.args, '--reload', 'none', '--haproxy', 'none', '--marathon', site.marathon.url]
    const update = () => runProgram(args, { nodeArgs: asking(dns.address) })
    const remembered = () => readFileSync(join(place.stateDir, 'seen.json'), 'utf8')
    await update()
    await update()
    const before = remembered()
    assert.equal((await update()).stderr, '')
    assert.equal(remembered(), before)
    dns.zones['three.test'] = { fail: 'nxdomain' }
    assert.equal((await update()).stderr, '')
    assert.equal(remembered(), before)
    dns.zones['three.test'] = { a: ['192.0.2.4'] }
    assert.match((await update()).stderr, /updated .*1 server/)
    assert.match(readFileSync(place.live, 'utf8'), /192\.0\.2\.4/)
  })
})
