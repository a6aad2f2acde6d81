import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { app } from '../support/apps.js'
import { freePort } from '../support/ports.js'
import { runInTerminal, runProgram, startProgram } from '../support/program.js'
import { createSite, type Site } from '../support/site.js'
import { until } from '../support/wait.js'

const bin = join(import.meta.dirname, '../../bin/haproxy-updater.js')

describe('a run as cron starts it', () => {
  let site: Site
  let replies: { one: string; two: string; twins: string; none: string }
  let servicePort: number

  before(async () => {
    site = await createSite()
    servicePort = await freePort()
    const web = (tasks: number) => app('/web', { ports: [servicePort], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks })
    const twin = app('/zwin', { ports: [await freePort()], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks: 1 })
    replies = {
      one: record('one', [web(1)]),
      two: record('two', [web(2)]),
      twins: record('twins', [web(2), twin]),
      none: join(site.dir, 'none.json'),
    }
  })

  after(() => site.remove())

  const record = (name: string, apps: unknown[]): string => {
    const file = join(site.dir, `${name}.json`)
    writeFileSync(file, JSON.stringify({ apps }))
    return file
  }
  const run = (reply: string, ...more: string[]) =>
    runProgram([...site.args, '--reload', 'none', '--from', reply, ...more])

  it('prints one line when something changed and nothing when nothing did', async () => {
    const first = await run(replies.one)
    assert.equal(first.status, 0)
    assert.match(first.stderr, /^haproxy-updater: updated .*haproxy\.cfg: \+1 server, \+1 service \(web_0\); .*\n$/)
    assert.equal(first.stdout, '')
    const second = await run(replies.one)
    assert.deepEqual([second.status, second.stdout, second.stderr], [0, '', ''])
  })

  it('prints nothing about a change with -q, and everything with -v', async () => {
    const quiet = await run(replies.two, '-q')
    assert.deepEqual([quiet.status, quiet.stdout, quiet.stderr], [0, '', ''])
    const verbose = await run(replies.one, '-v')
    assert.match(verbose.stdout, /^-\s+server 127\.0\.0\.1_\d+ /m)
    assert.match(verbose.stderr, /-1 server;/)
    assert.match((await run(replies.one, '-v')).stderr, /up to date/)
  })

  it('tells a person at a terminal that nothing changed', async () => {
    const { status, stdout } = await runInTerminal([...site.args, '--reload', 'none', '--from', replies.one])
    assert.equal(status, 0)
    assert.match(stdout, /up to date \(HAProxy was not reloaded\)/)
  })

  it('tells a lasting failure once an hour, and once that it is over', async () => {
    const first = await run(replies.none)
    assert.equal(first.status, 66)
    assert.match(first.stderr, /^haproxy-updater: error\[no-input\]: .*none\.json.*\n$/)
    const again = await run(replies.none)
    assert.deepEqual([again.status, again.stderr], [66, ''])
    assert.match((await run(replies.none, '-v')).stderr, /error\[no-input\]/)

    const state = join(site.stateDir, 'state.json')
    const remembered = JSON.parse(readFileSync(state, 'utf8'))
    remembered.failing.since -= 61 * 60_000
    remembered.failing.told -= 61 * 60_000
    writeFileSync(state, JSON.stringify(remembered))
    assert.match((await run(replies.none)).stderr, /error\[no-input\]: .* \(for 61 min\)/)
    assert.equal((await run(replies.none)).stderr, '')

    const over = await run(replies.one)
    assert.equal(over.status, 0)
    assert.match(over.stderr, /^haproxy-updater: it is over: no-input, which had lasted 61 min\n$/)
    assert.equal((await run(replies.one)).stderr, '')
  })

  it('tells another failure at once', async () => {
    await run(replies.none)
    const other = await run(replies.one, '--templates', join(site.dir, 'nowhere'), '--health', 'strict')
    assert.equal(other.status, 66)
    const bad = join(site.dir, 'bad.json')
    writeFileSync(bad, '<html>')
    assert.match((await run(bad)).stderr, /error\[bad-reply\]/)
    await run(replies.one)
  })

  it('tells a warning when it appears and when it goes', async () => {
    const appears = await run(replies.twins, '-q')
    assert.match(
      appears.stderr,
      /^haproxy-updater: warning: \/zwin port 0 does not get host web\.test: \/web port 0 has it\n$/,
    )
    assert.equal((await run(replies.twins)).stderr, '')
    const goes = await run(replies.two, '-q')
    assert.match(goes.stderr, /^haproxy-updater: no longer: \/zwin port 0 does not get host web\.test/)
  })

  it("works with cron's bare environment, where haproxy is not in PATH", () => {
    for (const [path, reply] of [
      ['', replies.one],
      ['PATH=/usr/bin:/bin ', replies.two],
    ]) {
      const args = [...site.args, '--reload', 'none', '--from', reply].join(' ')
      const command = `${path}exec ${process.execPath} ${bin} ${args}`
      const { status, stderr } = spawnSync('env', ['-i', '/bin/sh', '-c', command], { encoding: 'utf8', cwd: '/' })
      assert.equal(status, 0, stderr)
      assert.match(stderr, /updated .*haproxy\.cfg/)
    }
  })

  it('waits for its turn with --splay, and not at a terminal', async () => {
    const splayed = startProgram([...site.args, '--reload', 'none', '--from', replies.one, '--splay', '100m'])
    const atTerminal = await runInTerminal([...site.args, '--reload', 'none', '--from', replies.one, '--splay', '100m'])
    assert.equal(atTerminal.status, 0)
    assert.equal(splayed.child.exitCode, null)
    splayed.child.kill('SIGTERM')
    assert.equal((await splayed.done).signal, 'SIGTERM')
  })

  it('does nothing while another run works, silently until that one is ten minutes old', async () => {
    const waiting = join(site.dir, 'waiting.fifo')
    spawnSync('mkfifo', [waiting])
    const holder = startProgram([...site.args, '--reload', 'none', '--from', waiting])
    let writer = 0
    const reads = (): boolean => {
      writer = openSync(waiting, constants.O_WRONLY | constants.O_NONBLOCK)
      return true
    }
    await until(reads, { timeout: 20_000, what: 'the other run to hold the lock and read' })
    const silent = await run(replies.one)
    assert.deepEqual([silent.status, silent.stderr], [75, ''])
    assert.match((await run(replies.one, '-v')).stderr, /error\[busy\]: another run, started \d+ s ago/)

    const elevenMinutesAgo = Date.now() / 1000 - 660
    utimesSync(site.stateDir, elevenMinutesAgo, elevenMinutesAgo)
    const loud = await run(replies.one)
    assert.equal(loud.status, 75)
    assert.match(loud.stderr, /error\[busy\]/)

    holder.child.kill('SIGKILL')
    await holder.done
    closeSync(writer)
    assert.equal((await run(replies.one)).status, 0, 'a holder that was killed leaves nothing to clean')
  })

  it('is given by crontab.example in a form that cron takes and the program understands', () => {
    const lines = readFileSync(join(dirname(bin), '../crontab.example'), 'utf8').split('\n')
    const entries = lines
      .map((line) => line.replace(/^# (?=\*)/, ''))
      .filter((line) => line.startsWith('* * * * * root '))
    assert.equal(entries.length, 4)
    assert.ok(lines.some((line) => /^MAILTO=/.test(line)) && lines.some((line) => /^PATH=.*\/usr\/sbin/.test(line)))
    for (const entry of entries) {
      const command = entry.replace(
        '* * * * * root haproxy-updater',
        `exec ${process.execPath} ${bin} render --from ${replies.one}`,
      )
      const { status, stderr } = spawnSync('/bin/sh', ['-c', command.replace(/ 2>&1 \|.*/, '')], { encoding: 'utf8' })
      assert.equal(status, 0, stderr)
    }
  })
})
