import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { BusyError, takeLock } from '../../src/live/lock.js'
import { isAlive } from '../support/alive.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { withoutRights } from '../support/rights.js'

const modeOf = (path: string): number => statSync(path).mode & 0o7777

/** Another process that holds the lock and has started a daemon, as a reload command may. */
async function startHolder(t: TestContext, stateDir: string): Promise<{ daemon: number; kill(): Promise<void> }> {
  const code = `
    import { takeLock } from './src/live/lock.ts'
    import { runCommand } from './src/haproxy/command.ts'
    takeLock(${JSON.stringify(stateDir)})
    const { output } = await runCommand('/bin/sh', ['-c', 'setsid sleep 300 & echo $!'], 60000, ${JSON.stringify(`${stateDir}/log`)})
    console.log(output)
    setInterval(() => undefined, 60000)`
  const args = ['--import', 'tsx', '--input-type=module', '-e', code]
  const root = join(import.meta.dirname, '../..')
  const holder = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => holder.kill('SIGKILL'))
  const [line] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit').then(() => [''])])
  const daemon = Number(line)
  assert.ok(daemon > 0, 'the holder holds the lock')
  t.after(() => isAlive(daemon) && process.kill(daemon, 'SIGKILL'))
  return {
    daemon,
    kill: async () => {
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    },
  }
}

describe('the lock', () => {
  it('keeps a second process out until kill -9 frees it, even if a daemon of the first lives on', async (t) => {
    const stateDir = makeFolder(t)
    const holder = await startHolder(t, stateDir)
    assert.throws(() => takeLock(stateDir), { exit: 'busy', message: new RegExp(`holds the lock on ${stateDir};`) })
    await holder.kill()
    assert.ok(isAlive(holder.daemon))
    takeLock(stateDir)()
  })

  it('is freed by the run itself, and taken again', (t) => {
    const stateDir = makeFolder(t)
    const unlock = takeLock(stateDir)
    assert.throws(() => takeLock(stateDir), { exit: 'busy' })
    unlock()
    takeLock(stateDir)()
    assert.deepEqual(readdirSync(stateDir), [], 'there is no file that could go stale')
  })

  it('says how long the run that holds it has run', (t) => {
    const stateDir = makeFolder(t)
    const ageOf = (): number => {
      try {
        takeLock(stateDir)()
      } catch (error) {
        if (error instanceof BusyError) return error.age
      }
      throw new Error('nobody holds the lock')
    }
    utimesSync(stateDir, 0, 0)
    t.after(takeLock(stateDir))
    assert.ok(ageOf() < 60_000)
    const elevenMinutesAgo = Date.now() / 1000 - 660
    utimesSync(stateDir, elevenMinutesAgo, elevenMinutesAgo)
    assert.ok(ageOf() >= 660_000)
    assert.throws(() => takeLock(stateDir), { message: /^another run, started 66\d s ago, / })
  })

  it('needs flock', (t) => {
    const path = process.env['PATH']
    t.after(() => {
      process.env['PATH'] = path
    })
    const stateDir = makeFolder(t)
    process.env['PATH'] = stateDir
    assert.throws(() => takeLock(stateDir), { exit: 'command-failed', message: /^flock .* cannot lock .*ENOENT/ })
    makeFile(stateDir, 'flock', '#!/bin/sh\necho "flock: no locks here" >&2\nexit 71\n', 0o755)
    assert.throws(() => takeLock(stateDir), { exit: 'command-failed', message: /flock: no locks here$/ })
  })
})

describe('the state directory', () => {
  it('is made, for its owner alone', (t) => {
    const stateDir = join(makeFolder(t), 'var/lib/state')
    takeLock(stateDir)()
    assert.equal(modeOf(stateDir), 0o700)
  })

  it('is closed to others, who could hold the lock for ever', (t) => {
    const stateDir = makeFolder(t)
    for (const mode of [0o755, 0o701, 0o770]) {
      chmodSync(stateDir, mode)
      takeLock(stateDir)()
      assert.equal(modeOf(stateDir), 0o700, mode.toString(8))
    }
  })

  it('is refused where it cannot be used', async (t) => {
    const folder = makeFolder(t)
    const refused = (path: string, reason: RegExp) => ({
      exit: 'cannot-write',
      message: new RegExp(`^the state directory ${path} cannot be used: ${reason.source}.*; see --state-dir$`),
    })
    const file = makeFile(folder, 'file')
    assert.throws(() => takeLock(file), refused(file, /E(EXIST|NOTDIR)/))
    assert.throws(() => takeLock(`${file}/state`), refused(`${file}/state`, /ENOTDIR/))
    const isRoot = process.geteuid?.() === 0
    await withoutRights(() => {
      if (isRoot) assert.throws(() => takeLock(`${folder}/state`), refused(`${folder}/state`, /EACCES/))
    })
    if (isRoot) chownSync(folder, 65534, 65534)
    const foreign = isRoot ? folder : '/'
    assert.throws(() => takeLock(foreign), refused(foreign, /it belongs to another user/))
  })
})
