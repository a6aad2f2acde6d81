import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { app } from '../support/apps.js'
import { freePort } from '../support/ports.js'
import type { Result } from '../support/program.js'
import { countReloads, liveText, markerOf, type RunningSite, runAt, startSite } from '../support/running-site.js'

const preload = join(import.meta.dirname, '../support/kill-at.mjs')
const PATH = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`

/** How the runs to be killed and the runs after them are started, and since which step the first are killed. */
interface Plan {
  killedArgs?: string[]
  nextArgs?: string[]
  since?: string
}

describe('a run that is killed', { concurrency: 3 }, () => {
  it('at any step leaves a whole live file, and the next run converges with one extra reload at most', async (t) => {
    const { site, steps, survivor, apps } = await killAtEveryStep(t)
    assert.equal(survivor.status, 0, survivor.stderr)
    assert.ok(steps >= 30, `${steps} steps`)

    const staging = join(site.dir, 'tmp')
    assert.ok(readdirSync(staging).length > 0)
    const elevenMinutesAgo = Date.now() / 1000 - 660
    for (const folder of readdirSync(staging)) utimesSync(join(staging, folder), elevenMinutesAgo, elevenMinutesAgo)
    assert.equal((await runAt(site, apps)).status, 0)
    assert.deepEqual(readdirSync(staging), [])
  })

  it('at any step of a roll-back leaves a whole live file, and a later run goes on from there', async (t) => {
    const { steps, survivor } = await killAtEveryStep(t, {
      killedArgs: ['--reload', 'false'],
      nextArgs: ['--retry'],
      since: 'spawn /bin/sh',
    })
    assert.equal(survivor.status, 81, survivor.stderr)
    assert.ok(steps >= 15, `${steps} steps`)
  })

  it('while it keeps the hand-made file does not keep a part of it', async (t) => {
    const site = await startSite()
    t.after(() => site.end())
    const handMade = liveText(site)
    const apps = [app('/web', { ports: [await freePort()] })]
    for (let step = 1; step <= 4; step++) {
      const killed = await killAt(step, site, apps, { since: 'original.cfg' })
      assert.equal(killed.signal, 'SIGKILL', killed.stderr)
      const next = await runAt(site, apps, ['--reload', 'false'])
      assert.equal(next.status, 81, killed.stderr + next.stderr)
      assert.equal(liveText(site), handMade, killed.stderr)
      assert.equal(readFileSync(join(site.stateDir, 'original.cfg'), 'utf8'), handMade, killed.stderr)
      rmSync(site.stateDir, { recursive: true })
    }
  })
})

/**
 * From one of two states to the other and back, with a run that is killed at its first step, at its second, and so on, and another run
 * after each, until one is through. Gives that one, how many were killed, and a reply that changes something again.
 */
async function killAtEveryStep(t: TestContext, plan: Plan = {}) {
  const site = await startSite()
  t.after(() => site.end())
  const ports = [await freePort()]
  const web = (tasks: number) => [app('/web', { ports, labels: { HAPROXY_0_VHOST: `web-${tasks}.test` }, tasks })]
  const texts = new Map<unknown[], string>()
  let [apps, others] = [web(1), web(2)]
  for (const one of [apps, others]) {
    assert.equal((await runAt(site, one)).status, 0)
    texts.set(one, liveText(site))
  }
  for (let steps = 0; ; steps++) {
    const reloadsBefore = await countReloads(site)
    const killed = await killAt(steps + 1, site, apps, plan)
    if (killed.signal === null) return { site, steps, survivor: killed, apps: others }
    assertWhole(site, [...texts.values()], killed)
    const wasReplaced = liveText(site) === texts.get(apps)

    const next = await runAt(site, apps, plan.nextArgs)
    assert.equal(next.status, 0, killed.stderr + next.stderr)
    assert.equal(liveText(site), texts.get(apps), killed.stderr)
    assert.equal(await site.haproxy.running(), markerOf(liveText(site)), killed.stderr)
    assertClean(site, killed)
    const reloads = (await countReloads(site)) - reloadsBefore
    assert.ok(reloads >= 1 && reloads <= (wasReplaced ? 2 : 1), `${reloads} reloads, ${killed.stderr}`)
    ;[apps, others] = [others, apps]
  }
}

/** A run that is killed at its n-th step since the one named, or ends before. */
function killAt(step: number, site: RunningSite, apps: unknown[], { killedArgs, since }: Plan): Promise<Result> {
  const env = { KILL_AT: String(step), KILL_SINCE: since }
  return runAt(site, apps, killedArgs, { nodeArgs: ['--import', preload], env })
}

/** The live file is one of these texts, with its mode, and HAProxy could start with it. */
function assertWhole(site: RunningSite, texts: string[], { signal, stderr }: Result): void {
  assert.equal(signal, 'SIGKILL', stderr)
  assert.ok(texts.includes(liveText(site)), stderr)
  assert.equal(statSync(site.live).mode & 0o7777, 0o644, stderr)
  const verdict = spawnSync('haproxy', ['-c', '-f', site.live], { env: { PATH }, encoding: 'utf8' })
  assert.equal(verdict.status, 0, stderr + verdict.stderr)
}

/** Beside the live file is its map and nothing else; the state directory holds both once more, as proven, and nothing of a dead run. */
function assertClean({ live, stateDir }: RunningSite, { stderr }: Result): void {
  const text = readFileSync(live, 'utf8')
  const map = /map\((\S+)\)/.exec(text)?.[1] ?? ''
  assert.deepEqual(readdirSync(dirname(live)).sort(), ['haproxy.cfg', basename(map)], stderr)
  const kept = [basename(map), 'loaded.cfg', 'original.cfg', 'state.json', 'success']
  assert.deepEqual(readdirSync(stateDir).sort(), kept, stderr)
  assert.equal(readFileSync(join(stateDir, 'loaded.cfg'), 'utf8'), text, stderr)
  assert.equal(readFileSync(join(stateDir, basename(map)), 'utf8'), readFileSync(map, 'utf8'), stderr)
}
