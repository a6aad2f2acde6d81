import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitForLock, whenAsked } from '../../src/live/handover.js'
import { BusyError, takeLock } from '../../src/live/lock.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { openedBy } from '../support/opened-by.js'
import { until } from '../support/wait.js'
import { whileLocked } from '../support/while-locked.js'

const aMinute = 60_000

/** Another process that waits for the lock, until the test ends; `end` gives the signal that it died of. */
async function startWaiting(t: TestContext, stateDir: string) {
  const code = `
    import { dieCleanly } from './src/cleanup.ts'
    import { waitForLock } from './src/live/handover.ts'
    dieCleanly()
    await waitForLock(${JSON.stringify(stateDir)}, ${aMinute})`
  const before = openedBy(stateDir).length
  const args = ['--import', 'tsx', '--input-type=module', '-e', code]
  const waiting = spawn(process.execPath, args, { cwd: join(import.meta.dirname, '../..'), stdio: 'inherit' })
  t.after(() => waiting.kill('SIGKILL'))
  const exit = once(waiting, 'exit')
  await until(() => openedBy(stateDir).length === before + 2, { timeout: 20_000, what: 'the process and its flock' })
  return {
    end: async (signal: NodeJS.Signals) => {
      waiting.kill(signal)
      return (await exit)[1]
    },
  }
}

/** Waits until all earlier changes to a folder have been told to who watches it. */
async function seeAll(folder: string): Promise<void> {
  const last = `last-${readdirSync(folder).length}`
  const watcher = watch(folder)
  const seen = new Promise<void>((resolve) => watcher.on('change', (_, name) => name === last && resolve()))
  writeFileSync(join(folder, last), '')
  await seen
  watcher.close()
}

describe('waiting for the lock', () => {
  it('gives one that is free, even to who has no time left', async (t) => {
    const stateDir = makeFolder(t)
    const { free } = await waitForLock(stateDir, 0)
    assert.throws(() => takeLock(stateDir), { exit: 'busy' })
    await assert.rejects(waitForLock(stateDir, 0), { exit: 'busy' })
    free()
    takeLock(stateDir)()
  })

  it('gives one that is held as soon as it is freed', async (t) => {
    const stateDir = makeFolder(t)
    const order: string[] = []
    let waiting: Promise<void> | undefined
    await whileLocked(stateDir, async () => {
      const before = openedBy(stateDir).length
      waiting = waitForLock(stateDir, aMinute).then(({ free }) => {
        order.push('taken')
        free()
      })
      await until(() => openedBy(stateDir).length === before + 2, { what: 'flock to wait' })
      order.push('freed')
    })
    await waiting
    assert.deepEqual(order, ['freed', 'taken'])
    assert.deepEqual(openedBy(stateDir), [])
  })

  it('is in vain when the time is over', async (t) => {
    const stateDir = makeFolder(t)
    await whileLocked(stateDir, async () => {
      for (const limit of [0, 50]) {
        await assert.rejects(waitForLock(stateDir, limit), (error) => error instanceof BusyError && error.age < aMinute)
      }
      assert.ok(!openedBy(stateDir).includes(process.pid))
    })
  })

  it('gives none of a directory that is another by then', async (t) => {
    const stateDir = join(makeFolder(t), 'state')
    const unlock = takeLock(stateDir)
    const waiting = waitForLock(stateDir, aMinute)
    renameSync(stateDir, `${stateDir}-old`)
    mkdirSync(stateDir, 0o700)
    unlock()
    await assert.rejects(waiting, { exit: 'cannot-write', message: /was replaced while its lock was waited for/ })
  })

  it('tells from then on whether it is still the lock of that directory', async (t) => {
    const stateDir = join(makeFolder(t), 'state')
    const { isHeld, free } = await waitForLock(stateDir, aMinute)
    assert.equal(isHeld(), true)
    renameSync(stateDir, `${stateDir}-old`)
    assert.equal(isHeld(), false)
    mkdirSync(stateDir, 0o700)
    assert.equal(isHeld(), false)
    free()
  })

  it('needs flock', async (t) => {
    const stateDir = makeFolder(t)
    const path = process.env['PATH']
    t.after(() => {
      process.env['PATH'] = path
    })
    const folder = makeFolder(t)
    process.env['PATH'] = folder
    await assert.rejects(waitForLock(stateDir, aMinute), {
      exit: 'command-failed',
      message: /^flock .* cannot lock .*ENOENT/,
    })
    makeFile(folder, 'flock', '#!/bin/sh\necho "flock: no locks here" >&2\nexit 71\n', 0o755)
    await assert.rejects(waitForLock(stateDir, aMinute), { exit: 'command-failed', message: /: flock: no locks here$/ })
    assert.deepEqual(openedBy(stateDir), [])
  })

  it('needs a state directory that can be used', async (t) => {
    await assert.rejects(waitForLock(makeFile(makeFolder(t), 'file'), aMinute), { exit: 'cannot-write' })
  })

  it('ends by SIGTERM, and flock with it', async (t) => {
    const stateDir = makeFolder(t)
    await whileLocked(stateDir, async () => {
      const before = openedBy(stateDir)
      const waiting = await startWaiting(t, stateDir)
      assert.equal(await waiting.end('SIGTERM'), 'SIGTERM')
      await until(() => openedBy(stateDir).length === before.length, { what: 'the end of flock' })
    })
    takeLock(stateDir)()
  })

  it('leaves the lock to others when it is killed', async (t) => {
    const stateDir = makeFolder(t)
    await whileLocked(stateDir, async () => {
      const waiting = await startWaiting(t, stateDir)
      assert.equal(await waiting.end('SIGKILL'), 'SIGKILL')
    })
    const { free } = await waitForLock(stateDir, aMinute)
    free()
    await until(() => openedBy(stateDir).length === 0, { what: 'the end of flock' })
  })
})

describe('who has the lock', () => {
  it('is asked for it by who waits, and again when it did not listen at first', async (t) => {
    const stateDir = makeFolder(t)
    const unlock = takeLock(stateDir)
    const waiting = waitForLock(stateDir, aMinute)
    await until(() => existsSync(join(stateDir, 'next')), { what: 'the first time to be asked' })
    await seeAll(stateDir)
    const forget = whenAsked(stateDir, () => {
      forget()
      unlock()
    })
    ;(await waiting).free()
    assert.equal(statSync(join(stateDir, 'next')).mode & 0o777, 0o600)
  })

  it('is not asked by whatever else changes in the directory, nor once it does not listen', async (t) => {
    const stateDir = makeFolder(t)
    let asked = 0
    const forget = whenAsked(stateDir, () => {
      asked++
    })
    for (const name of ['state.json', 'success']) makeFile(stateDir, name)
    await seeAll(stateDir)
    assert.equal(asked, 0)
    const ask = async (): Promise<void> => {
      const { free } = await waitForLock(stateDir, 0)
      free()
      await seeAll(stateDir)
    }
    await ask()
    assert.ok(asked > 0)
    forget()
    const before = asked
    await ask()
    assert.equal(asked, before)
  })

  it('is told when the directory goes, and with it what the lock keeps out', async (t) => {
    const ways = [
      (folder: string) => rmSync(folder, { recursive: true }),
      (folder: string) => renameSync(folder, `${folder}-old`),
      // inotify tells no more of a directory that this process has open.
      async (folder: string) => {
        rmSync(join(folder, 'state.json'))
        await sleep(200)
        rmdirSync(folder)
      },
    ]
    for (const goes of ways) {
      const stateDir = join(makeFolder(t), 'state')
      const unlock = takeLock(stateDir)
      makeFile(stateDir, 'state.json')
      let told = false
      const forget = whenAsked(stateDir, () => {
        told = true
      })
      await goes(stateDir)
      await until(() => told, { what: 'to be told' })
      forget()
      unlock()
    }
  })

  it('keeps it where it cannot be asked', async (t) => {
    whenAsked(join(makeFolder(t), 'nowhere'), () => assert.fail('asked'))()
  })
})
