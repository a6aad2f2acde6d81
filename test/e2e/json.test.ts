import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Facts } from '../../src/facts.js'
import { app } from '../support/apps.js'
import { startMarathon, type TestMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { type Result, runProgram } from '../support/program.js'
import { createSite, type Site } from '../support/site.js'
import { whileLocked } from '../support/while-locked.js'

const secret = 'a-password'
const program = join(import.meta.dirname, '../../bin/haproxy-updater.js')

let site: Site
let marathon: TestMarathon

before(async () => {
  site = await createSite()
  const web = app('/web', { ports: [await freePort()], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks: 2 })
  const idle = app('/idle', { ports: [await freePort()], labels: { HAPROXY_0_NONSENSE: '1' } })
  marathon = await startMarathon([web, idle], { basic: `bob:${secret}` })
})

after(async () => {
  await marathon.close()
  site.remove()
})

/** A run that nobody reloads HAProxy for, told of a Marathon with its password. */
async function run(...more: string[]): Promise<Result & { facts: Facts }> {
  const url = marathon.url.replace('//', `//bob:${secret}@`)
  const result = await runProgram([...site.args, '--reload', 'none', '--marathon', url, '--json', ...more])
  assert.match(result.stdout, /^\{.*\}\n$/, result.stderr)
  assert.ok(!(result.stdout + result.stderr).includes(secret))
  const facts: Facts = JSON.parse(result.stdout)
  assert.deepEqual([facts.schema, facts.live, facts.exit.status], [1, site.live, result.status])
  return { ...result, facts }
}

describe('a run with --json', () => {
  it('prints what a dry run would change, and not the difference', async () => {
    const { status, facts, stderr } = await run('--dry-run', '--reload', 'true', '--stats-socket', 'none')
    assert.equal(status, 2)
    assert.deepEqual([facts.outcome, facts.exit.name, facts.answered], ['pending', 'pending', marathon.url])
    assert.deepEqual(facts.change?.services, { added: ['web_0'], removed: [] })
    assert.deepEqual([facts.lastSuccess, facts.lastChange, facts.consecutiveFailures], [null, null, 0])
    assert.match(stderr, /would change: \+2 servers.*; HAProxy would be reloaded/)
  })

  it('prints what was done, even with --verbose, and says what it says without', async () => {
    const { facts, stderr } = await run('--verbose')
    assert.deepEqual([facts.outcome, facts.proof, facts.error], ['updated', 'not-reloaded', null])
    assert.deepEqual([facts.apps, facts.services, facts.servers], [2, 1, 2])
    assert.deepEqual(facts.change, {
      services: { added: ['web_0'], removed: [] },
      servers: { added: 2, removed: 0, changed: 0 },
    })
    assert.equal(facts.leftOut?.['bad-label'], 1)
    assert.equal(facts.warnings.length, 1)
    assert.match(stderr, /^haproxy-updater: warning: \/idle .*\nhaproxy-updater: updated .*\n$/)
    assert.ok(facts.lastChange === facts.lastRun && facts.lastSuccess !== null && facts.lastSuccess <= facts.lastRun)
    const { fetch, render, validate, apply, total } = facts.durations
    for (const duration of [fetch, render, validate, apply]) assert.ok(duration !== null && total && duration <= total)

    const again = (await run()).facts
    assert.deepEqual([again.outcome, again.change, again.durations.apply], ['unchanged', null, null])
    assert.equal(again.lastChange, facts.lastChange)
    assert.ok(again.lastRun > facts.lastRun)
  })

  it('prints what is known of one that met another', async () => {
    const { facts, stderr } = await whileLocked(site.stateDir, () => run())
    assert.deepEqual([facts.exit.name, facts.outcome, stderr], ['busy', 'failed', ''])
    assert.match(facts.error ?? '', /^another run, started \d+ s ago, holds the lock/)
    assert.deepEqual([facts.consecutiveFailures, facts.lastChange, facts.apps], [null, null, null])
    assert.equal((await run()).facts.consecutiveFailures, 0, 'it counts as no failure')
  })

  it('counts no dry run among the failures', async () => {
    const { facts } = await run('--dry-run', '--from', join(site.dir, 'nowhere.json'))
    assert.deepEqual([facts.exit.name, facts.consecutiveFailures, facts.failingSince], ['no-input', 0, null])
  })

  it('prints a failure that comes before the state is known', async () => {
    const { status, facts, stderr } = await run('--state-dir', join(site.live, 'below'))
    assert.deepEqual([status, facts.exit.name], [73, 'cannot-write'])
    assert.equal(stderr, `haproxy-updater: error[cannot-write]: ${facts.error}\n`)
    assert.deepEqual([facts.reloadPending, facts.consecutiveFailures, facts.lastSuccess], [null, null, null])
  })

  it('prints what the safety gate keeps from being changed; a dry run does not say that this is over', async () => {
    const { apps } = marathon
    marathon.apps = []
    const { facts } = await run()
    assert.deepEqual([facts.exit.name, facts.change?.servers.removed], ['unsafe', 2])
    marathon.apps = apps
    const { status, stderr } = await run('--dry-run')
    assert.deepEqual(
      [status, stderr],
      [
        0,
        'haproxy-updater: warning: /idle port 0 is left out: label "HAPROXY_0_NONSENSE" is not one that this version knows\nhaproxy-updater: up to date (HAProxy was not reloaded)\n',
      ],
    )
  })

  it('that cannot be printed ends with 73, or with the status of what is worse', () => {
    const toFullDisk = (...more: string[]) => {
      const args = [...site.args, '--reload', 'none', '--json', '--from', ...more]
      return spawnSync('sh', ['-c', '"$@" > /dev/full', 'sh', process.execPath, program, ...args], { encoding: 'utf8' })
    }
    const failed = toFullDisk(join(site.dir, 'nowhere.json'))
    assert.equal(failed.status, 66, failed.stderr)
    const cannotPrint = 'error[cannot-write]: standard output cannot be written: ENOSPC'
    assert.ok(failed.stderr.includes(cannotPrint), failed.stderr)
    const reply = join(site.dir, 'reply.json')
    writeFileSync(reply, JSON.stringify({ apps: marathon.apps }))
    assert.equal(toFullDisk(reply).status, 73)
  })

  it('prints nothing where its options are wrong', async () => {
    const { status, stdout, stderr } = await runProgram([...site.args, '--json', '--health', 'good'])
    assert.deepEqual([status, stdout], [64, ''])
    assert.match(stderr, /^haproxy-updater: error\[usage\]: --health/)
  })
})
