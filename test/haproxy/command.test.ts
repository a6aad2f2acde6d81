import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { runCommand } from '../../src/haproxy/command.js'
import { isAlive } from '../support/alive.js'
import { makeFolder } from '../support/folder.js'
import { until } from '../support/wait.js'

const log = join(makeFolder({ after }), 'output.log')
const shell = (script: string, limit = 60_000) => runCommand('/bin/sh', ['-c', script], limit, log)

/** The process ids in an output, none of which outlives the test. */
function pidsIn(t: TestContext, output: string): number[] {
  const pids = output.split('\n').map(Number)
  t.after(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  return pids
}

describe('a command', () => {
  it('gives its status and all that it said', async () => {
    const ended = await shell('echo out; echo err >&2; echo "  "; exit 3')
    assert.deepEqual(ended, { how: 'exited', status: 3, output: 'out\nerr' })
    assert.equal(readFileSync(log, 'utf8'), 'out\nerr\n  \n')
    assert.deepEqual(await runCommand('true', [], 60_000, log), { how: 'exited', status: 0, output: '' })
  })

  it('has the environment of this program, but for the secrets of Marathon', async (t) => {
    process.env['HAPROXY_UPDATER_TOKEN'] = 'secret'
    process.env['HAPROXY_UPDATER_TIMEOUT'] = '7s'
    t.after(() => {
      for (const name of ['TOKEN', 'TIMEOUT']) delete process.env[`HAPROXY_UPDATER_${name}`]
    })
    const ended = await shell('echo "$HAPROXY_UPDATER_TIMEOUT $HAPROXY_UPDATER_TOKEN."')
    assert.deepEqual(ended, { how: 'exited', status: 0, output: '7s .' })
  })

  it('that a signal ended has the status 128 and the number of the signal', async () => {
    const ended = await shell('echo before; kill -TERM $$')
    assert.deepEqual(ended, { how: 'exited', status: 143, output: 'before\nended by SIGTERM' })
  })

  it('that cannot be started gives the reason', async () => {
    const nowhere = await runCommand('/no/such/program', [], 60_000, log)
    assert.ok(nowhere.how === 'not-started' && /ENOENT/.test(nowhere.reason), JSON.stringify(nowhere))
    const noProgram = await runCommand(log, [], 60_000, log)
    assert.ok(noProgram.how === 'not-started' && /EACCES/.test(noProgram.reason), JSON.stringify(noProgram))
  })

  it('gets its arguments as they are, and nothing to read', async () => {
    const args = ['-c', 'printf "%s|" "$@"; cat', 'sh', 'a b', '$HOME', '', "'"]
    assert.deepEqual(await runCommand('/bin/sh', args, 60_000, log), {
      how: 'exited',
      status: 0,
      output: "a b|$HOME||'|",
    })
  })

  it('that overruns is killed with all that it started, children of children too', async (t) => {
    const ended = await shell('sleep 300 & echo $!; (sleep 300 & echo $!; wait) & trap "" TERM; echo $$; wait', 1500)
    assert.equal(ended.how, 'overran')
    const pids = pidsIn(t, ended.how === 'overran' ? ended.output : '')
    assert.equal(pids.length, 3)
    await until(() => !pids.some(isAlive), { what: 'the whole group to end' })
  })

  it('may leave a daemon behind, which is not waited for and lives on', async (t) => {
    const ended = await shell('setsid sleep 300 & echo $!; sleep 300 & echo $!')
    assert.ok(ended.how === 'exited' && ended.status === 0, JSON.stringify(ended))
    const pids = pidsIn(t, ended.output)
    assert.equal(pids.length, 2)
    assert.ok(pids.every(isAlive))
  })
})
