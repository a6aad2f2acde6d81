import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ReloadWay } from '../../src/haproxy/reload.js'
import type { Running } from '../../src/haproxy/running.js'
import { reloadUntil } from '../../src/haproxy/verify.js'
import { markerIn, stamp } from '../../src/render/marker.js'
import { makeFolder } from '../support/folder.js'
import { type RunningHaproxy, startHaproxy, stopAll } from '../support/haproxy.js'
import { bootConfig, createSite, type Site } from '../support/site.js'

const folder = makeFolder({ after })
const log = join(folder, 'output.log')

describe('a verified reload', () => {
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

  /** Makes a text with this comment live and reloads by this command, run by /bin/sh. */
  async function reloadWith(comment: string, command: string, statsSocket: string | undefined, silence = 30_000) {
    const text = stamp(`${bootConfig(site)}# ${comment}\n`)
    writeFileSync(site.live, text)
    const isWanted = (now: Running) => now.state === 'answers' && now.marker === markerIn(text)
    const way: ReloadWay = { by: 'command', program: '/bin/sh', args: ['-c', command], shown: 'the command' }
    return reloadUntil(isWanted, { way, statsSockets: [statsSocket ?? []].flat(), log, silence })
  }
  const signal = () => `kill -USR2 ${haproxy.pid}`

  it('is proven by what HAProxy says it runs', async () => {
    assert.deepEqual(await reloadWith('one', signal(), site.statsSocket), { well: true, proof: 'verified' })
  })

  it('is tried once more where the first goes unheard', async () => {
    const heard = join(folder, 'heard')
    const second = `[ -e ${heard} ] && exec ${signal()}; : > ${heard}`
    assert.deepEqual(await reloadWith('two', second, site.statsSocket, 2000), { well: true, proof: 'verified' })
    assert.ok(existsSync(heard))
  })

  it('failed where HAProxy goes on with something else after two', async () => {
    const counter = join(folder, 'counter')
    const loaded = await reloadWith('three', `echo >> ${counter}`, site.statsSocket, 200)
    assert.deepEqual(loaded, {
      well: false,
      reason: 'HAProxy did not load it, though a reload was asked for twice',
    })
    assert.equal(readFileSync(counter, 'utf8'), '\n\n')
  })

  it('failed where the command says so and HAProxy does not prove the contrary', async () => {
    const counter = join(folder, 'failures')
    const loaded = await reloadWith('four', `echo >> ${counter}; exit 3`, site.statsSocket)
    assert.deepEqual(loaded, { well: false, reason: '"the command" ended with status 3' })
    assert.equal(readFileSync(counter, 'utf8'), '\n', 'it is not asked for twice')
    await reloadWith('five', signal(), site.statsSocket)
    assert.deepEqual(await reloadWith('five', 'exit 3', site.statsSocket), { well: true, proof: 'verified' })
  })

  it('is taken at its word where HAProxy is not asked', async () => {
    assert.deepEqual(await reloadWith('six', 'true', undefined), { well: true, proof: 'unverified' })
    assert.equal((await reloadWith('seven', 'false', undefined)).well, false)
  })
})
