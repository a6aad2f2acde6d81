import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { askRunning } from '../../src/haproxy/running.js'
import { markerIn, stamp } from '../../src/render/marker.js'
import { makeFolder } from '../support/folder.js'
import { type RunningHaproxy, startHaproxy, stopAll } from '../support/haproxy.js'
import { withoutRights } from '../support/rights.js'
import { bootConfig, createSite, type Site } from '../support/site.js'
import { until } from '../support/wait.js'

describe('what HAProxy runs', () => {
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

  /** The worker that the master counts no reload of; the master refuses for a moment after a reload. */
  const workerPid = async () => {
    let pid: string | undefined
    const found = async (): Promise<boolean> => {
      pid = /# workers\n(\d+)\s+worker/.exec(await haproxy.ask(site.masterSocket, 'show proc'))?.[1]
      return pid !== undefined
    }
    await until(found, { what: 'the master to name its worker' })
    return pid
  }

  const reloadWith = async (text: string, description: string): Promise<void> => {
    writeFileSync(site.live, text)
    await haproxy.reloadBySignal()
    await until(async () => (await haproxy.running()) === description, { what: description })
  }

  it('is a configuration that is not ours, as long as it has no marker', async () => {
    const pid = await workerPid()
    assert.deepEqual(await askRunning([site.statsSocket]), { state: 'answers', marker: undefined, pid })
    const text = bootConfig(site).replace('global\n', 'global\n  description of another\n')
    await reloadWith(text, 'of another')
    const next = await workerPid()
    assert.notEqual(next, pid)
    assert.deepEqual(await askRunning([site.statsSocket]), { state: 'answers', marker: undefined, pid: next })
  })

  it('is what its marker says, whatever the live file says by now', async () => {
    const text = stamp(bootConfig(site))
    const marker = markerIn(text) ?? ''
    await reloadWith(text, marker)
    writeFileSync(site.live, stamp(`${text.replace(/ {2}description.*\n/, '')}# more\n`))
    assert.deepEqual(await askRunning([site.statsSocket]), { state: 'answers', marker, pid: await workerPid() })
  })

  it('is asked at the first socket that answers', async () => {
    const nowhere = join(site.dir, 'nowhere')
    assert.equal((await askRunning([nowhere, site.statsSocket])).state, 'answers')
    assert.deepEqual(await askRunning([nowhere]), { state: 'not-running' })
    assert.deepEqual(await askRunning([]), { state: 'not-asked' })
  })

  it('is unknown to a user who may not ask, and to a dry run that is no fault', async (t) => {
    t.after(() => chmodSync(site.statsSocket, 0o600))
    chmodSync(site.statsSocket, 0)
    await withoutRights(async () => {
      await assert.rejects(askRunning([site.statsSocket]), {
        exit: 'command-failed',
        message: new RegExp(`^the stats socket ${site.statsSocket} may not be opened`),
      })
      assert.deepEqual(await askRunning([site.statsSocket], true), { state: 'not-asked' })
    })
  })

  it('is nothing where a socket answers with nothing', async (t) => {
    const path = join(makeFolder(t), 'socket')
    const server = createServer((socket) => socket.end())
    await new Promise<void>((resolve) => server.listen(path, resolve))
    t.after(() => server.close())
    assert.deepEqual(await askRunning([path]), { state: 'not-running' })
    assert.equal((await askRunning([path, site.statsSocket])).state, 'answers')
  })
})
