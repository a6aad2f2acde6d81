import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { app } from '../support/apps.js'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import { startLoad } from '../support/load.js'
import { freePort } from '../support/ports.js'
import { runInTerminal } from '../support/program.js'
import {
  countReloads,
  liveText,
  markerOf,
  type RunningSite,
  replyArgs,
  runAt,
  startSite,
} from '../support/running-site.js'

const preload = join(import.meta.dirname, '../support/kill-at.mjs')

describe('a reload that fails', () => {
  let site: RunningSite
  let web: HttpApp
  let servicePort: number
  let count: string
  let provenApps: unknown[]
  let tests = 0

  before(async () => {
    site = await startSite()
    web = await startHttpApp('web')
    servicePort = await freePort()
    count = join(site.dir, 'count')
  })

  after(async () => {
    await site.end()
    await web.close()
  })

  /** Each test begins with a new state live and proven, and nothing to wait for. */
  beforeEach(async () => {
    provenApps = state(`proven-${++tests}`)
    assert.equal((await runAt(site, provenApps, ['--retry'])).status, 0)
    writeFileSync(count, '')
  })

  const state = (host: string) => {
    const labels = { HAPROXY_0_VHOST: `web.test,${host}.test` }
    return [app('/web', { ports: [servicePort], labels, tasks: [{ ports: [web.port] }] })]
  }
  const failing = () => ['--reload', `echo x >> ${count}; false`]
  const reloads = (): number => readFileSync(count, 'utf8').length / 2

  /** How many reloads a run costs that is rolled back or still waits after one. */
  async function reloadsOf(...more: string[]): Promise<number> {
    const before = reloads()
    const { status, stderr } = await runAt(site, state('c'), [...failing(), ...more])
    assert.equal(status, 81, stderr)
    return reloads() - before
  }

  it('goes back to the last proven text and its map, whatever is live and was swept meanwhile', async (t) => {
    const load = startLoad(`http://127.0.0.1:${site.httpPort}/`, { host: 'web.test', loops: 1 })
    t.after(load.stop)
    const proven = liveText(site)
    const map = mapOf(proven)
    const mapText = readFileSync(map, 'utf8')
    const nodeArgs = ['--import', preload]
    const env = { KILL_AT: '1', KILL_SINCE: 'spawn /bin/sh' }
    const killed = await runAt(site, state('b'), failing(), { nodeArgs, env })
    assert.equal(killed.signal, 'SIGKILL', killed.stderr)
    assert.equal(reloads(), 0)
    assert.notEqual(liveText(site), proven)
    assert.equal(await site.haproxy.running(), markerOf(proven))
    rmSync(map)

    assert.equal(await reloadsOf(), 1)
    assert.equal(liveText(site), proven)
    assert.equal(readFileSync(map, 'utf8'), mapText)
    assert.equal(await site.haproxy.running(), markerOf(proven))
    await assertServed(load)
  })

  it('costs one reload a back-off step and not one a minute, whatever Marathon says meanwhile', async () => {
    const reloadsBefore = await countReloads(site)
    assert.deepEqual([await reloadsOf(), await reloadsOf()], [1, 0])
    assert.equal((await runAt(site, provenApps, failing())).status, 0)
    assert.equal((await runAt(site, state('d'), failing())).status, 81)
    assert.equal(await reloadsOf(), 0)
    assert.equal(reloads(), 1)

    for (const minutes of [1, 2, 4, 8, 15, 15]) {
      rolledBackAgo(minutes * 60 - 20)
      assert.equal(await reloadsOf(), 0, `before ${minutes} min`)
      rolledBackAgo(minutes * 60)
      assert.equal(await reloadsOf(), 1, `after ${minutes} min`)
    }
    assert.equal(await reloadsOf('--retry'), 1)
    assert.equal(await countReloads(site), reloadsBefore)
  })

  const memory = (): string => join(site.stateDir, 'state.json')

  function rolledBackAgo(seconds: number): void {
    const remembered = JSON.parse(readFileSync(memory(), 'utf8'))
    remembered.rollback.at = Date.now() - seconds * 1000
    writeFileSync(memory(), JSON.stringify(remembered))
  }

  it('is tried again at once for a person at a terminal', async () => {
    assert.deepEqual([await reloadsOf(), await reloadsOf()], [1, 0])
    const { status, stdout } = await runInTerminal([...replyArgs(site, state('c')), ...failing()])
    assert.equal(status, 81, stdout)
    assert.match(stdout, /error\[rolled-back\]: .*; next attempt in 2 min/)
    assert.equal(reloads(), 2)
  })

  it('is forgotten once a reload went well', async () => {
    assert.equal(await reloadsOf(), 1)
    assert.equal(await reloadsOf('--retry'), 1)
    assert.match(readFileSync(memory(), 'utf8'), /"attempts": 2/)
    assert.equal((await runAt(site, state('c'), ['--retry'])).status, 0)
    assert.doesNotMatch(readFileSync(memory(), 'utf8'), /attempts/)
    const { status, stderr } = await runAt(site, state('d'), failing())
    assert.equal(status, 81)
    assert.match(stderr, /next attempt in 1 min/)
    assert.equal(reloads(), 3)
  })
})

describe('a reload that fails in the first run ever', () => {
  it('leaves the hand-made file in place, byte for byte, and a copy of it', async (t) => {
    const site = await startSite()
    t.after(() => site.end())
    chmodSync(site.live, 0o640)
    const handMade = `# by hand, ümlaut\n${liveText(site)}`
    writeFileSync(site.live, handMade)
    const load = startLoad(`http://127.0.0.1:${site.bootPort}/`, { loops: 1 })
    t.after(load.stop)
    const { status, stderr } = await runAt(site, [app('/web', { ports: [await freePort()] })], ['--reload', 'false'])
    assert.equal(status, 81, stderr)
    assert.equal(liveText(site), handMade)
    assert.equal(statSync(site.live).mode & 0o777, 0o640)
    const original = join(site.stateDir, 'original.cfg')
    assert.equal(readFileSync(original, 'utf8'), handMade)
    assert.ok(!existsSync(join(site.stateDir, 'loaded.cfg')))
    assert.deepEqual([await site.haproxy.running(), await countReloads(site)], ['', 0])
    await assertServed(load)
  })
})

const mapOf = (text: string): string => /map\((\S+)\)/.exec(text)?.[1] ?? ''

async function assertServed({ stop }: ReturnType<typeof startLoad>): Promise<void> {
  const { ok, failed, failures } = await stop()
  assert.deepEqual([failed, failures], [0, []])
  assert.ok(ok > 20, `${ok} requests`)
}
