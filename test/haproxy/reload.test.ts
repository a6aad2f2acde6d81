import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { findReloadWay, type ReloadWay, reload } from '../../src/haproxy/reload.js'
import { markerIn, stamp } from '../../src/render/marker.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { type RunningHaproxy, startHaproxy, stopAll } from '../support/haproxy.js'
import { bootConfig, createSite, type Site } from '../support/site.js'
import { until } from '../support/wait.js'

const folder = makeFolder({ after })
const log = join(folder, 'output.log')
const patience = 60_000

/** A master of another version: it answers a reload with these words, or not at all. */
async function startMaster(t: TestContext, answer: string | undefined): Promise<ReloadWay> {
  const socket = join(makeFolder(t), 'master.sock')
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    t.after(() => connection.destroy())
    connection.resume()
    if (answer !== undefined) connection.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  t.after(() => server.close())
  return { by: 'master', socket }
}

describe('a reload by the master socket', () => {
  let site: Site
  let haproxy: RunningHaproxy
  before(async () => {
    site = await createSite()
    writeFileSync(site.live, bootConfig(site))
    haproxy = await startHaproxy(site.live, site)
  })
  after(async () => {
    await stopAll()
    site.remove()
  })

  it('makes HAProxy load what is live', async () => {
    const way = await findReloadWay(`master:${site.masterSocket}`, true)
    assert.deepEqual(way, { by: 'master', socket: site.masterSocket })
    const text = stamp(bootConfig(site))
    writeFileSync(site.live, text)
    assert.deepEqual(await reload(way, patience, log), { failed: false })
    await until(async () => (await haproxy.running()) === markerIn(text), { what: 'the new configuration' })
  })

  it('fails where the master says so, as HAProxy 2.7 and later do', async (t) => {
    const said = `Success=0\n--\n[ALERT] (1) : config : parsing [x:3]: unknown keyword\n[ALERT] (1) : Fatal errors found.\n\n`
    const refused = await reload(await startMaster(t, said), patience, log)
    assert.deepEqual(refused, {
      failed: true,
      reason: "HAProxy's master refused the reload: [ALERT] (1) : Fatal errors found.",
    })
    for (const well of ['Success=1\n--\n', '', 'a line with Success=0\n']) {
      assert.deepEqual(await reload(await startMaster(t, well), patience, log), { failed: false }, well)
    }
  })

  it('fails where no master takes it', async (t) => {
    const hanging = await startMaster(t, undefined)
    const socket = join(folder, 'nowhere.sock')
    for (const way of [hanging, { by: 'master', socket } as const]) {
      const said = await reload(way, 100, log)
      assert.ok(said.failed && / did not take the reload$/.test(said.reason), JSON.stringify(said))
    }
  })

  it('must have a master, unless HAProxy does not run at all', async () => {
    const socket = join(folder, 'nowhere.sock')
    await assert.rejects(findReloadWay(`master:${socket}`, true), {
      exit: 'command-failed',
      message: `HAProxy runs, but no master answers at ${socket}; start HAProxy with -W -S ${socket}, or give another --reload`,
    })
    assert.deepEqual(await findReloadWay(`master:${socket}`, false), { by: 'master', socket })
  })
})

describe('a reload by a command', () => {
  const by = async (command: string, limit = patience) => reload(await findReloadWay(command, true), limit, log)

  it('goes by its exit status', async () => {
    assert.deepEqual(await by('echo done; true'), { failed: false })
    assert.deepEqual(await by('false'), { failed: true, reason: '"false" ended with status 1' })
    assert.deepEqual(await by('echo all; echo "no such unit" >&2; exit 5'), {
      failed: true,
      reason: '"echo all; echo "no such unit" >&2; exit 5" ended with status 5: no such unit',
    })
    assert.deepEqual(await by('no-such-command-at-all 2>/dev/null'), {
      failed: true,
      reason: '"no-such-command-at-all 2>/dev/null" ended with status 127',
    })
  })

  it('fails where it overruns its time', async () => {
    assert.deepEqual(await by('sleep 300', 200), {
      failed: true,
      reason: '"sleep 300" overran its time and was killed',
    })
  })

  it('is one of systemd where that is asked for', async (t) => {
    const path = process.env['PATH']
    t.after(() => {
      process.env['PATH'] = path
    })
    const program = makeFile(folder, 'systemctl', '#!/bin/sh\necho "$@"\n[ "$*" = "reload haproxy" ]\n', 0o755)
    process.env['PATH'] = `/nowhere:${folder}:${path}`
    const way = await findReloadWay('systemd', true)
    assert.deepEqual(way, { by: 'command', program, args: ['reload', 'haproxy'], shown: 'systemctl reload haproxy' })
    assert.deepEqual(await reload(way, patience, log), { failed: false })
  })
})

describe('the automatic way to reload', () => {
  it("is this host's, or a word on what to give", async () => {
    try {
      const way = await findReloadWay('auto', true)
      assert.match(
        way.by === 'master' ? way.socket : way.shown,
        /^(\/run\/haproxy-master\.sock|systemctl reload haproxy)$/,
      )
    } catch (error) {
      const { exit, message } = error as Error & { exit: string }
      assert.ok(exit === 'usage' && message.endsWith('; give --reload'), message)
    }
  })
})
