import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { app } from '../support/apps.js'
import { freePort } from '../support/ports.js'
import { preload } from '../support/preload.js'
import { type Result, runProgram } from '../support/program.js'
import { lintMetrics } from '../support/promtool.js'
import { type ProvenSite, startProvenSite } from '../support/proven.js'
import { whileLocked } from '../support/while-locked.js'

let site: ProvenSite
let folder: string
let file: string

before(async () => {
  site = await startProvenSite([await web()])
  folder = join(site.dir, 'textfiles')
  file = join(folder, 'haproxy-updater.prom')
})

after(() => site.end())

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
})

async function web(tasks = 1) {
  return app('/web', { ports: [await freePort()], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks })
}

const args = (): string[] => [...site.args, '--marathon', site.marathon.url, '--metrics-file', file]
const run = (...more: string[]): Promise<Result> => runProgram([...args(), ...more])

/** Nothing can be synced. */
const fullDisk = preload(`
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  fs.fsyncSync = () => { throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }) }
  syncBuiltinESMExports()`)

/** A value of the file by the metric's name without its prefix; undefined where there is none. */
function metric(name: string): number | undefined {
  const value = new RegExp(`^haproxy_updater_${name}\\{config="${site.live}"[^}]*\\} (.*)$`, 'm').exec(
    readFileSync(file, 'utf8'),
  )?.[1]
  return value === undefined ? undefined : Number(value)
}

describe('the metrics file', () => {
  it('tells what each run came to, failures and their end too', async () => {
    assert.equal((await run()).status, 0)
    assert.deepEqual([metric('exit_status'), metric('servers'), metric('consecutive_failures')], [0, 1, 0])
    const [success, change] = [metric('last_success_timestamp_seconds'), metric('last_change_timestamp_seconds')]
    assert.ok(success && change && change <= success)
    assert.equal(statSync(file).mode & 0o7777, 0o644)
    assert.deepEqual(readdirSync(folder), ['haproxy-updater.prom'])
    assert.deepEqual(lintMetrics(readFileSync(file, 'utf8')), { status: 0, output: '' })

    site.marathon.fault = '503-json'
    for (const count of [1, 2]) {
      assert.equal((await run()).status, 69)
      assert.deepEqual([metric('exit_status'), metric('consecutive_failures')], [69, count])
    }
    assert.deepEqual([metric('servers'), metric('last_success_timestamp_seconds')], [undefined, success])
    assert.equal(metric('last_change_timestamp_seconds'), change)
    assert.ok((metric('last_run_timestamp_seconds') ?? 0) > success)
    assert.deepEqual(lintMetrics(readFileSync(file, 'utf8')), { status: 0, output: '' })

    site.marathon.fault = undefined
    site.marathon.apps = [await web(2)]
    assert.equal((await run()).status, 0)
    assert.deepEqual([metric('exit_status'), metric('consecutive_failures'), metric('servers')], [0, 0, 2])
    assert.ok((metric('last_change_timestamp_seconds') ?? 0) > change)
  })

  it('is written by a run that does not get its state, but by none that met another, and no dry run', async () => {
    await whileLocked(site.stateDir, () => run())
    await run('--dry-run')
    assert.equal(existsSync(file), false)
    assert.equal((await run('--state-dir', join(site.live, 'below'))).status, 73)
    assert.deepEqual([metric('exit_status'), metric('reload_pending')], [73, undefined])
  })

  it('that cannot be written is a warning, told once, and never the end of a run', async () => {
    rmSync(folder, { recursive: true })
    const warning = `warning: the metrics file ${file} cannot be written (ENOENT); see --metrics-file\n`
    const first = await run()
    assert.deepEqual([first.status, first.stderr], [0, `haproxy-updater: ${warning}`])
    assert.deepEqual((await run()).stderr, '')
    const { status, stdout } = await run('--json')
    assert.deepEqual([status, JSON.parse(stdout).warnings], [0, [warning.slice('warning: '.length).trim()]])
    mkdirSync(folder)
    assert.match((await run()).stderr, /^haproxy-updater: no longer: the metrics file .*\n$/)
  })

  it('goes without a sync; that a lasting failure cannot be saved is not told again and again', async () => {
    site.marathon.fault = '503-json'
    assert.equal((await run()).status, 69)
    const { status, stderr } = await runProgram(args(), { nodeArgs: fullDisk })
    assert.deepEqual([status, stderr, metric('consecutive_failures')], [69, '', 2])
    site.marathon.fault = undefined
    assert.equal((await run()).status, 0)
  })

  it('takes the place of no link or device', async () => {
    symlinkSync('/dev/null', file)
    assert.match((await run()).stderr, /cannot be written \(it is not a regular file\)/)
    assert.deepEqual(
      readdirSync(folder, { withFileTypes: true }).map((entry) => entry.isSymbolicLink()),
      [true],
    )
  })
})
