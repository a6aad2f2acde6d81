import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { app } from '../support/apps.js'
import { startHaproxy } from '../support/haproxy.js'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import { startLoad } from '../support/load.js'
import { freePort } from '../support/ports.js'
import { countReloads, liveText, markerOf, type RunningSite, runAt, startSite } from '../support/running-site.js'
import { createSite, type Site } from '../support/site.js'
import { until } from '../support/wait.js'

describe('a run that meets a trap', { concurrency: 3 }, () => {
  let web: HttpApp

  before(async () => {
    web = await startHttpApp('web')
  })

  after(() => web.close())

  const appAt = (name: string, port: number) =>
    app(`/${name}`, { ports: [port], labels: { HAPROXY_0_VHOST: `${name}.test` }, tasks: [{ ports: [web.port] }] })

  /** A site whose HAProxy runs what a run made of the app /old, which is given too. */
  async function provenSite(t: TestContext): Promise<{ site: RunningSite; old: unknown }> {
    const site = await startSite()
    t.after(() => site.end())
    const old = appAt('old', await freePort())
    const { status, stderr } = await runAt(site, [old])
    assert.equal(status, 0, stderr)
    return { site, old }
  }

  /** Another program that listens on a port of the host. */
  async function occupy(t: TestContext, port: number): Promise<HttpApp> {
    const foreign = await startHttpApp('foreign', port)
    t.after(() => foreign.close())
    return foreign
  }

  it('spends one reload, and no second, on a port that is busy and was not tried', async (t) => {
    const { site, old } = await provenSite(t)
    const taken = await freePort()
    await occupy(t, taken)
    const [reloadsBefore, before] = [await countReloads(site), liveText(site)]
    const { status, stderr } = await runAt(site, [old, appAt('new', taken)], ['--port-check', 'off'])
    assert.equal(status, 81, stderr)
    assert.match(stderr, /could not start the new worker; the last proven configuration is back/)
    assert.equal(await countReloads(site), reloadsBefore + 1)
    assert.equal(liveText(site), before)
    assert.equal(await site.haproxy.running(), markerOf(before))
  })

  it('notices a reload signal that was lost and sends another', async (t) => {
    const { site, old } = await provenSite(t)
    const lost = join(site.dir, 'lost')
    const losesTheFirst = `test -e ${lost} && kill -USR2 ${site.haproxy.pid}; touch ${lost}`
    const reloadsBefore = await countReloads(site)
    const { status, stderr } = await runAt(site, [old, appAt('new', await freePort())], ['--reload', losesTheFirst])
    assert.equal(status, 0, stderr)
    assert.match(stderr, /HAProxy runs it/)
    assert.equal(await site.haproxy.running(), markerOf(liveText(site)))
    assert.equal(await countReloads(site), reloadsBefore + 1)
  })

  it('leaves out a service port that another process holds, and only that listener, until it is free', async (t) => {
    const { site, old } = await provenSite(t)
    const [taken, free] = [await freePort(), await freePort()]
    const foreign = await occupy(t, taken)
    const apps = [old, appAt('hampered', taken), appAt('new', free)]
    const load = startLoad(`http://127.0.0.1:${site.httpPort}/`, { host: 'old.test', loops: 2 })
    t.after(load.stop)

    const without = await runAt(site, apps)
    assert.equal(without.status, 0, without.stderr)
    const refused = `/hampered port 0 gets no listener: 127.0.0.1:${taken} (EADDRINUSE: another process holds it)`
    assert.ok(without.stderr.includes(`warning: ${refused}\n`), without.stderr)
    assert.equal(await site.haproxy.running(), markerOf(liveText(site)))
    assert.equal(await bodyAt(site.httpPort, 'hampered.test'), 'web')
    assert.deepEqual([await bodyAt(free), await bodyAt(taken)], ['web', 'foreign'])

    await foreign.close()
    const complete = await runAt(site, apps)
    assert.equal(complete.status, 0, complete.stderr)
    assert.ok(complete.stderr.includes(`no longer: ${refused}\n`), complete.stderr)
    assert.equal(await bodyAt(taken), 'web')

    const { ok, failed, failures } = await load.stop()
    assert.deepEqual([failed, failures], [0, []])
    assert.ok(ok > 20, `${ok} requests`)
  })

  it('goes without the stats page where another process holds its port', async (t) => {
    const { site, old } = await provenSite(t)
    const port = await freePort()
    await occupy(t, port)
    const { status, stderr } = await runAt(site, [old], ['--stats-port', String(port)])
    assert.equal(status, 0, stderr)
    assert.match(stderr, new RegExp(`warning: the stats page gets no listener: 127\\.0\\.0\\.1:${port} \\(EADDRINUSE`))
    assert.equal(await site.haproxy.running(), markerOf(liveText(site)))
    assert.equal(await bodyAt(site.httpPort, 'old.test'), 'web')
  })

  it('touches nothing where the http frontend could not listen: port taken, or not an address of this host', async (t) => {
    const { site, old } = await provenSite(t)
    const port = await freePort()
    await occupy(t, port)
    const before = await stateOf(site)
    const refusals = [
      { args: ['--http-port', String(port)], names: `127.0.0.1:${port} (EADDRINUSE` },
      { args: ['--bind', '192.0.2.1'], names: `192.0.2.1:${site.httpPort} (EADDRNOTAVAIL` },
    ]
    for (const { args, names } of refusals) {
      const { status, stderr } = await runAt(site, [old, appAt('new', await freePort())], [...args, '-v'])
      assert.equal(status, 79, stderr)
      assert.match(stderr, /error\[port-taken\]/)
      assert.ok(stderr.includes(names), stderr)
      assert.deepEqual(await stateOf(site), before)
    }
  })

  it('does not believe a reload command that says nothing and does nothing, and asks it twice', async (t) => {
    await assertRolledBack(t, 'true', { asked: 2, reason: /HAProxy did not load it/ })
  })

  it('does not wait long for a reload command that says that it failed, and asks it once', async (t) => {
    await assertRolledBack(t, '{ echo out of order; exit 3; }', {
      asked: 1,
      reason: /status 3: out of order; .* is back/,
    })
  })

  async function assertRolledBack(
    t: TestContext,
    reload: string,
    { asked, reason }: { asked: number; reason: RegExp },
  ) {
    const { site, old } = await provenSite(t)
    const proven = liveText(site)
    const reloadsBefore = await countReloads(site)
    const count = join(site.dir, 'count')
    const apps = [old, appAt('new', await freePort())]
    const { status, stderr } = await runAt(site, apps, ['--reload', `echo asked >> ${count}; ${reload}`])
    assert.equal(status, 81, stderr)
    assert.match(stderr, /^haproxy-updater: error\[rolled-back\]: /)
    assert.match(stderr, reason)
    assert.equal(liveText(site), proven)
    assert.equal(await site.haproxy.running(), markerOf(proven))
    assert.equal(await countReloads(site), reloadsBefore)
    assert.equal(readFileSync(count, 'utf8'), 'asked\n'.repeat(asked))
  }

  it('leaves the new file for a HAProxy that is not running, and finds it well once that was started', async (t) => {
    const site = await createSite()
    t.after(() => site.remove())
    const apps = [appAt('new', await freePort())]
    const pending = await runAt(site, apps)
    assert.equal(pending.status, 82, pending.stderr)
    assert.match(
      pending.stderr,
      /error\[reload-pending\]: HAProxy does not answer on .*: it is not running, .*start or restart HAProxy/,
    )
    assert.ok(markerOf(liveText(site)))

    const haproxy = await startHaproxy(site.live, site)
    t.after(() => haproxy.stop())
    const before = filesBeside(site)
    const { status, stderr } = await runAt(site, apps)
    assert.equal(status, 0, stderr)
    assert.deepEqual(filesBeside(site), before)
    assert.equal(await countReloads(site), 0)
    assert.equal(await haproxy.running(), markerOf(liveText(site)))
  })

  it('says that nothing proves the reload where there is no stats socket', async (t) => {
    const { site, old } = await provenSite(t)
    const waived = ['--stats-socket', 'none']
    const apps = [old, appAt('new', await freePort())]
    const { status, stderr } = await runAt(site, apps, waived)
    assert.equal(status, 0, stderr)
    assert.match(stderr, /updated .*; not verified that HAProxy runs it/)
    await until(async () => (await bodyAt(site.httpPort, 'new.test')) === 'web', { what: 'HAProxy to have loaded it' })
    const reloads = await countReloads(site)
    const again = await runAt(site, apps, waived)
    assert.deepEqual([again.status, again.stderr], [0, ''])
    assert.equal(await countReloads(site), reloads)
  })

  it('finds out that the master does not answer before it touches the live file', async (t) => {
    const { site, old } = await provenSite(t)
    const before = await stateOf(site)
    const missing = join(site.dir, 'run/none.sock')
    const apps = [old, appAt('new', await freePort())]
    const { status, stderr } = await runAt(site, apps, ['--reload', `master:${missing}`])
    assert.equal(status, 71, stderr)
    assert.match(stderr, /error\[command-failed\]: HAProxy runs, but no master answers at .*none\.sock/)
    assert.deepEqual(await stateOf(site), before)
  })

  it('asks no socket with --reload none', async (t) => {
    const site = await createSite()
    t.after(() => site.remove())
    let asked = 0
    for (const socket of [site.statsSocket, site.masterSocket]) {
      const server = createServer((connection) => {
        asked++
        connection.destroy()
      }).listen(socket)
      t.after(() => server.close())
    }
    const apps = [appAt('new', await freePort())]
    const { status, stderr } = await runAt(site, apps, ['--reload', 'none'])
    assert.equal(status, 0, stderr)
    assert.match(stderr, /updated .*; HAProxy was not reloaded/)
    assert.match(liveText(site), /^backend new_0$/m)
    const again = await runAt(site, apps, ['--reload', 'none'])
    assert.deepEqual([again.status, again.stderr, asked], [0, '', 0])
  })
})

const filesBeside = (site: Site) => Object.entries(site.tree()).filter(([path]) => path.startsWith('etc/'))

/** The live file and its neighbours, what HAProxy runs, and how often it was reloaded. */
const stateOf = async (site: RunningSite) => ({
  files: filesBeside(site),
  running: await site.haproxy.running(),
  reloads: await countReloads(site),
})

/** What is answered on a port of this host, whatever the status. */
function bodyAt(port: number, host = 'any.test'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, headers: { host }, agent: false }, async (response) => {
      resolve((await response.setEncoding('utf8').toArray()).join(''))
    })
    request.on('error', reject)
  })
}
