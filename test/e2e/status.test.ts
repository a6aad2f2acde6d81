import assert from 'node:assert/strict'
import { readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { app } from '../support/apps.js'
import { makeFolder } from '../support/folder.js'
import { freePort } from '../support/ports.js'
import { runProgram, startProgram } from '../support/program.js'
import { type ProvenSite, startProvenSite } from '../support/proven.js'

let site: ProvenSite

before(async () => {
  const web = app('/web', { ports: [await freePort()], labels: { HAPROXY_0_VHOST: 'web.test' } })
  site = await startProvenSite([web])
})

after(() => site.end())

/** Asserts what the command prints, which is one line on standard output alone, and its exit status. */
async function assertStatus(status: number, says: RegExp, ...more: string[]): Promise<void> {
  const result = await runProgram(['status', ...site.args, ...more])
  assert.deepEqual([result.status, result.stderr], [status, ''], result.stdout)
  assert.match(result.stdout, /^.*\n$/)
  assert.match(result.stdout, says)
}

describe('status', () => {
  it('is OK where HAProxy runs what Marathon said, without writing anything', async () => {
    const before = site.tree()
    await assertStatus(0, /^OK - HAProxy runs what Marathon said \d+ s ago \| age=\d+s;;300;0 failures=0;/)
    await assertStatus(0, /^OK - \S+ holds what .* unverified whether HAProxy runs it \|/, '--stats-socket', 'none')
    assert.deepEqual(site.tree(), before)
  })

  it('is UNKNOWN where nothing can be told, in one line on standard output', async (t) => {
    const empty = makeFolder(t)
    await assertStatus(3, /^UNKNOWN - no run has left its state in \S+state\.json yet\n$/, '--state-dir', empty)
    await assertStatus(3, /^UNKNOWN - --health is "good", which is not one of /, '--health', 'good')
    await assertStatus(3, /^UNKNOWN - unknown option '--bogus'/, '--bogus')
    await assertStatus(3, /^UNKNOWN - --max-age is "long", which is not a duration/, '--max-age', 'long')
  })

  it('is WARNING while runs fail, and CRITICAL when the last success is too old', async () => {
    site.marathon.fault = '503-json'
    assert.equal((await site.run('--marathon', site.marathon.url)).status, 69)
    await assertStatus(1, /^WARNING - failing for \d+ s \(unavailable; 1 run\) \| .*failures=1;0;;0 /)
    const longAgo = Date.now() / 1000 - 600
    utimesSync(join(site.stateDir, 'success'), longAgo, longAgo)
    await assertStatus(2, /^CRITICAL - the last success was 10 min ago; failing for /)
    await assertStatus(1, /^WARNING - failing for /, '--max-age', '15m')
    site.marathon.fault = undefined
    assert.equal((await site.run('--marathon', site.marathon.url)).status, 0)
  })

  it('waits for a run that is between the replacement and the proof', async () => {
    const path = join(site.stateDir, 'state.json')
    const settled = readFileSync(path, 'utf8')
    writeFileSync(path, settled.replace('"phase": "loaded"', '"phase": "applying"'))
    const { done } = startProgram(['status', ...site.args])
    await sleep(1000)
    // As a run does: whoever reads it meanwhile sees the one or the other.
    writeFileSync(`${path}.new`, settled, { mode: 0o600 })
    renameSync(`${path}.new`, path)
    assert.match((await done).stdout, /^OK - /)
  })

  it('is CRITICAL where the live file is gone', async () => {
    renameSync(site.live, `${site.live}.gone`)
    await assertStatus(2, /^CRITICAL - the live file \S+haproxy\.cfg is missing \|/)
    renameSync(`${site.live}.gone`, site.live)
  })

  it('is CRITICAL where HAProxy runs something else, or does not answer', async () => {
    const another = ['--marathon', site.marathon.url, '--reload', 'none', '--http-port', String(await freePort())]
    assert.equal((await site.run(...another)).status, 0)
    await assertStatus(2, /^CRITICAL - a reload is pending: HAProxy runs something else than \S+haproxy\.cfg \|/)
    await site.haproxy.stop()
    await assertStatus(2, /^CRITICAL - HAProxy does not answer on its stats socket \|/)
  })
})
