import assert from 'node:assert/strict'
import { cpSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { takeLock } from '../../src/live/lock.js'
import { isAlive } from '../support/alive.js'
import { assertFailed } from '../support/assert-failed.js'
import { withHaproxy, withoutHaproxy } from '../support/followed-site.js'
import { leftBehind } from '../support/follower.js'
import { openedBy } from '../support/opened-by.js'
import { preload } from '../support/preload.js'
import { until } from '../support/wait.js'
import { whileLocked } from '../support/while-locked.js'

describe('a run that follows Marathon hands over', { concurrency: 3 }, () => {
  it('to the next once its run is done, and that one finds what changed between the two', async (t) => {
    const { site, marathon, follow, scale, hold, serves, asked } = await withHaproxy(t)
    const release = hold()
    const first = follow()
    await until(() => asked('apps') === 1, { timeout: 20_000, what: 'the first run' })
    marathon.events.drops = true
    scale(2)
    const lastAsked = (): number => statSync(join(site.stateDir, 'next')).mtimeMs
    const before = lastAsked()
    const second = follow()
    await until(() => lastAsked() > before, { timeout: 20_000, what: 'the second run to ask for the lock' })
    assert.deepEqual([asked('apps'), first.hasEnded], [1, false])
    release()
    assert.equal((await first.done).status, 0)
    await second.updated(1)
    marathon.events.drops = false
    scale(3)
    await second.updated(2)
    await serves(3)
    assert.deepEqual([asked('apps'), first.lines.filter((line) => line.includes('updated')).length], [3, 1])
    assert.equal((await second.end('SIGTERM')).signal, 'SIGTERM')
    assert.deepEqual(leftBehind(site), [])
  })

  it('at once while it only waits, even for the next change to be allowed', async (t) => {
    const { follow, scale, reloads } = await withoutHaproxy(t)
    const first = follow(['--min-reload-interval', '10m'])
    await first.updated(1)
    scale(2)
    const second = follow()
    await second.updated(1)
    assert.deepEqual([(await first.done).status, await reloads()], [0, 2])
  })

  it('with the status of its last run, and not to a run that does not follow', async (t) => {
    const { marathon, follow, run, scale } = await withoutHaproxy(t)
    const first = follow()
    await first.updated(1)
    marathon.apps = []
    marathon.events.emit('app_terminated_event')
    await first.said('error[unsafe]')
    const plain = await run()
    assert.deepEqual([plain.status, plain.stderr], [75, ''])
    assertFailed(await run('-v'), 'busy', 'another run')
    assert.equal(first.hasEnded, false)
    const second = follow(['--allow-empty'])
    assert.equal((await first.done).status, 80)
    await second.updated(1)
    scale(1)
    await second.updated(2)
  })

  it('by its death when it is killed, and the next mends what it left', async (t) => {
    const { site, follow, scale, serves } = await withHaproxy(t)
    const pidFile = join(site.dir, 'pid')
    const killed = follow(['--reload', `echo $$ > ${pidFile}; exec sleep 600`])
    let reload = 0
    const isReloading = (): boolean => {
      reload = Number(readFileSync(pidFile, 'utf8'))
      return reload > 0
    }
    await until(isReloading, { timeout: 20_000, what: 'the reload' })
    t.after(() => isAlive(reload) && process.kill(reload, 'SIGKILL'))
    assert.equal((await killed.end('SIGKILL')).signal, 'SIGKILL')
    const next = follow()
    await serves(1)
    scale(2)
    await serves(2)
    assert.equal(next.hasEnded, false)
  })
})

describe('a run that follows Marathon ends before its time', { concurrency: 3 }, () => {
  it('once the program is another, which cron then starts', async (t) => {
    const { site, follow, scale, serves } = await withHaproxy(t)
    const root = join(import.meta.dirname, '../..')
    const copy = join(site.dir, 'program')
    for (const name of ['bin', 'dist', 'package.json', 'templates'])
      cpSync(join(root, name), join(copy, name), { recursive: true })
    const follower = follow([], { program: join(copy, 'bin/haproxy-updater.js') })
    await follower.updated(1)
    rmSync(copy, { recursive: true })
    scale(2)
    const { status, stderr } = await follower.done
    assert.deepEqual([status, stderr.split('\n').length], [0, follower.lines.length + 1])
    follow()
    await serves(2)
  })

  it('once its lock is that of no state directory any more', async (t) => {
    const { site, follow, scale } = await withoutHaproxy(t)
    const follower = follow([], {
      nodeArgs: preload("import fs from 'node:fs'; fs.watch = () => { throw new Error('no watches left') }"),
    })
    await follower.updated(1)
    renameSync(site.stateDir, `${site.stateDir}-old`)
    scale(2)
    assert.deepEqual(
      [(await follower.done).status, follower.lines.filter((line) => line.includes('updated')).length],
      [0, 1],
    )
  })
})

describe('a run that waits for another to hand over', { concurrency: 3 }, () => {
  it('does so within its time since the start of the process', async (t) => {
    const { site, marathon, follow } = await withoutHaproxy(t)
    const anHourAgo = preload('process.uptime = () => 3600')
    await whileLocked(site.stateDir, async () => {
      const [short, old] = [follow(['--follow', '1s']), follow(['--follow', '59m', '-v'], { nodeArgs: anHourAgo })]
      const { status, stderr } = await short.done
      assert.deepEqual([status, stderr], [75, ''])
      assertFailed(await old.done, 'busy', 'another run')
    })
    assert.equal(marathon.requests.length, 0)
  })

  it('does so until a signal, which leaves no flock behind', async (t) => {
    const { site, follow } = await withoutHaproxy(t)
    await whileLocked(site.stateDir, async () => {
      const before = openedBy(site.stateDir).length
      const waiting = follow()
      await until(() => openedBy(site.stateDir).length === before + 2, { timeout: 20_000, what: 'it and its flock' })
      assert.equal((await waiting.end('SIGTERM')).signal, 'SIGTERM')
      await until(() => openedBy(site.stateDir).length === before, { what: 'the end of its flock' })
    })
    takeLock(site.stateDir)()
  })
})
