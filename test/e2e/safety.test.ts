import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { app } from '../support/apps.js'
import { startHaproxy } from '../support/haproxy.js'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import { freePort } from '../support/ports.js'
import { runProgram } from '../support/program.js'
import { countReloads, liveText, type RunningSite, replyArgs, runAt, startSite } from '../support/running-site.js'
import { createSite } from '../support/site.js'

describe('a run never makes it worse', { concurrency: 3 }, () => {
  let web: HttpApp

  before(async () => {
    web = await startHttpApp('web')
  })

  after(() => web.close())

  const appAt = (name: string, port: number, labels = {}) =>
    app(`/${name}`, {
      ports: [port],
      labels: { HAPROXY_0_VHOST: `${name}.test`, ...labels },
      tasks: [{ ports: [web.port] }],
    })

  async function provenSite(t: TestContext): Promise<{ site: RunningSite; old: unknown; port: number }> {
    const site = await startSite()
    t.after(() => site.end())
    const port = await freePort()
    const old = appAt('old', port)
    const { status, stderr } = await runAt(site, [old])
    assert.equal(status, 0, stderr)
    return { site, old, port }
  }

  const template = (site: RunningSite, name: string, text: string): string[] => {
    const folder = join(site.dir, 'own')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), text)
    return ['--templates', folder]
  }
  const packaged = (name: string): string => readFileSync(join(import.meta.dirname, '../../templates', name), 'utf8')

  it('while HAProxy hangs: nothing is touched', async (t) => {
    const { site, old } = await provenSite(t)
    const before = liveText(site)
    const worker = Number(/^Pid: (\d+)$/m.exec(await site.haproxy.ask(site.statsSocket, 'show info'))?.[1])
    process.kill(worker, 'SIGSTOP')
    t.after(() => process.kill(worker, 'SIGCONT'))
    const { status, stderr } = await runAt(site, [old, appAt('new', await freePort())])
    assert.equal(status, 71, stderr)
    assert.match(stderr, /error\[command-failed\]: HAProxy accepts on the stats socket .* but does not answer/)
    assert.equal(liveText(site), before)
  })

  it('without its stats socket, which no reload brings back: nothing is closed, and no reload a minute is spent', async (t) => {
    const { site, old, port } = await provenSite(t)
    const before = liveText(site)
    rmSync(site.statsSocket)
    const apps = [old, appAt('new', await freePort())]
    const { status, stderr } = await runAt(site, apps)
    assert.equal(status, 82, stderr)
    assert.equal(liveText(site), before)
    const reloads = await countReloads(site)
    assert.equal((await runAt(site, apps)).status, 82)
    assert.equal(await countReloads(site), reloads)
    for (const bound of [site.httpPort, port]) {
      const { status: answer } = await fetch(`http://127.0.0.1:${bound}/_haproxy_health_check`)
      assert.equal(answer, 200)
    }
  })

  it('after an edit that breaks the live file: what comes back is what was proven', async (t) => {
    const { site, old } = await provenSite(t)
    const proven = liveText(site)
    writeFileSync(site.live, proven.replace('mode http', 'mdoe http'))
    const { status, stderr } = await runAt(site, [old, appAt('new', await freePort())], ['--reload', 'false'])
    assert.equal(status, 81, stderr)
    assert.equal(liveText(site), proven)
    assert.equal(readFileSync(join(site.stateDir, 'loaded.cfg'), 'utf8'), proven)
  })

  it("where a label asks for a port of the operator's templates: the templates have it", async (t) => {
    const { site, old } = await provenSite(t)
    const taken = await freePort()
    const internal = `frontend internal\n  mode http\n  bind 127.0.0.1:${taken}\n  http-request deny\n\n`
    const own = template(site, 'stats.cfg.njk', internal + packaged('stats.cfg.njk'))
    const thief = appAt('thief', await freePort(), { HAPROXY_0_PORT: String(taken) })
    const { status, stderr } = await runAt(site, [old, thief], own)
    assert.equal(status, 0, stderr)
    assert.match(stderr, new RegExp(`warning: /thief port 0 does not get service port ${taken}: the templates bind it`))
    assert.equal(liveText(site).split(`bind 127.0.0.1:${taken}\n`).length, 2)
    assert.match(liveText(site), /^backend thief_0$/m)
  })

  it('where HAProxy runs without our stats socket and cannot load the new file: the old one is back, and the next try waits', async (t) => {
    const site = await createSite()
    t.after(() => site.remove())
    const [boot, busy] = [await freePort(), await freePort()]
    const foreign = await startHttpApp('foreign', busy)
    t.after(() => foreign.close())
    const elsewhere = join(site.dir, 'run/other.sock')
    const text = `global\n  stats socket ${elsewhere}\n\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n\nfrontend boot\n  bind 127.0.0.1:${boot}\n`
    writeFileSync(site.live, text)
    const haproxy = await startHaproxy(site.live, { ...site, statsSocket: elsewhere })
    t.after(() => haproxy.stop())
    const apps = [appAt('new', busy)]
    const reloads = await countReloads(site)
    const failed = await runAt(site, apps, ['--port-check', 'off'])
    assert.equal(failed.status, 81, failed.stderr)
    assert.equal(liveText(site), text)
    await runAt(site, apps, ['--port-check', 'off'])
    assert.equal(await countReloads(site), reloads + 1)
  })

  it('whatever a reload command says: its words are bounded, and it is undone', async (t) => {
    const { site, old } = await provenSite(t)
    const before = liveText(site)
    const { status, stderr } = await runAt(site, [old, appAt('new', await freePort())], ['--reload', 'yes'])
    assert.equal(status, 81, stderr)
    assert.match(stderr, /"yes" overran its time and was killed/)
    assert.equal(liveText(site), before)
    assert.deepEqual(readdirSync(join(site.dir, 'tmp')), [])
  })

  it('with a HAProxy that is not root: it is not told to become another user', async (t) => {
    const { site, old } = await provenSite(t)
    const before = liveText(site)
    chownSync(site.statsSocket, 65534, 65534)
    const refused = await runAt(site, [old, appAt('new', await freePort())])
    assert.equal(refused.status, 78, refused.stderr)
    assert.match(refused.stderr, /HAProxy runs as uid 65534.*take these lines out of your global\.cfg\.njk/)
    assert.equal(liveText(site), before)
  })

  it('with the stats socket moved and a reload that fails: the proven file is back, and proven at its old socket', async (t) => {
    const { site, old } = await provenSite(t)
    const before = liveText(site)
    const moved = ['--stats-socket', join(site.dir, 'run/moved.sock'), '--reload', 'false']
    const { status, stderr } = await runAt(site, [old, appAt('new', await freePort())], moved)
    assert.equal(status, 81, stderr)
    assert.equal(liveText(site), before)
  })

  it('with a live file that somebody emptied: the gate still counts what HAProxy runs', async (t) => {
    const { site, old } = await provenSite(t)
    writeFileSync(site.live, '')
    const { status, stderr } = await runAt(site, [app('/idle', { ports: [await freePort()], tasks: [] })])
    assert.equal(status, 80, stderr)
    assert.equal((await runAt(site, [old])).status, 0)
  })
})

describe('a slip of the hand', () => {
  const own = async (t: TestContext) => {
    const site = await createSite()
    t.after(() => site.remove())
    return site
  }
  const one = async () => [app('/one', { ports: [await freePort()], tasks: 1 })]

  it('such as a shared folder as state directory closes it to nobody', async (t) => {
    const site = await own(t)
    const shared = join(site.dir, 'shared')
    mkdirSync(shared)
    writeFileSync(join(shared, 'file of another'), '')
    const { status, stderr } = await runAt(site, await one(), ['--reload', 'none', '--state-dir', shared])
    assert.equal(status, 73)
    assert.match(stderr, /open to others and holds other files/)
    assert.equal(statSync(shared).mode & 0o777, 0o755)
  })

  it('such as a path that HAProxy cannot take in a map is refused', async (t) => {
    const site = await own(t)
    for (const folder of ['a,b', "it's", 'a"b']) {
      mkdirSync(join(site.dir, folder))
      const live = join(site.dir, folder, 'haproxy.cfg')
      const { status, stderr } = await runAt(site, await one(), ['--reload', 'none', '--haproxy-config', live])
      assert.equal(status, 64, stderr)
      assert.ok(!existsSync(live))
    }
  })

  it('such as a temporary folder with a blank in its name does no harm', async (t) => {
    const site = await own(t)
    const TMPDIR = join(site.dir, 'with blank')
    mkdirSync(TMPDIR)
    const apps = [app('/one', { ports: [await freePort()], labels: { HAPROXY_0_VHOST: 'one.test' }, tasks: 1 })]
    const { status, stderr } = await runProgram([...replyArgs(site, apps), '--reload', 'none'], { env: { TMPDIR } })
    assert.equal(status, 0, stderr)
  })

  it('such as a reader that leaves early is no failure', async (t) => {
    const site = await own(t)
    const program = [process.execPath, join(import.meta.dirname, '../../bin/haproxy-updater.js')]
    const command = [...program, ...replyArgs(site, await one()), '--reload', 'none'].join(' ')
    for (const tail of ['2>&1 | true', '-v 2>&1 | head -1']) {
      const { stdout } = spawnSync('bash', ['-c', `${command} ${tail}; echo "status \${PIPESTATUS[0]}"`], {
        encoding: 'utf8',
      })
      assert.match(stdout, /status 0\n$/)
    }
  })
})
