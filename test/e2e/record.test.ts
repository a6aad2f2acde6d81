import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { record } from '../../src/commands/record.js'
import { recorded } from '../../src/recorded.js'
import { app } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { authOfBob, labels } from '../support/labels.js'
import { startMarathon, type TestMarathon } from '../support/marathon.js'
import { runProgram } from '../support/program.js'

describe('record', () => {
  const folder = makeFolder({ after })
  const config = makeFile(folder, 'none.json', '{}')
  const login = makeFile(folder, 'login', 'joe:pass', 0o600)
  const apps = [
    app('/shop/web', { labels: labels({ VHOST: 'shop.test', AUTH: authOfBob('shop') }), env: { PASSWORD: 'SECRET' } }),
    app('/db', { ports: [10001] }),
  ]
  let marathon: TestMarathon

  before(async () => {
    marathon = await startMarathon(apps, { basic: 'joe:pass' })
  })
  after(() => marathon.close())

  const ask = (argument: string, flags: Record<string, unknown>) =>
    record({ command: 'record', argument, own: {}, flags: { config, ...flags } })

  it("saves Marathon's reply for --from, for this user only, and says how much it is", async () => {
    const file = makeFile(folder, 'apps.json', 'old', 0o644)
    const args = ['record', file, '--config', config, '--marathon', marathon.url, '--auth-file', login]
    const { status, stdout, stderr } = await runProgram(args)
    assert.deepEqual([status, stdout], [0, ''])
    assert.equal(
      stderr,
      `haproxy-updater: recorded 2 apps of ${marathon.url}, without password hashes and whatever routing does not need (env, cmd, secrets, other labels, …): ${file}\n`,
    )
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(readFileSync(file, 'utf8'), recorded(apps))
    assert.doesNotMatch(readFileSync(file, 'utf8'), /SECRET|pinch/)

    const rendered = await runProgram(['render', '--config', config, '--from', file])
    assert.deepEqual([rendered.status, rendered.stderr], [0, ''])
    assert.match(rendered.stdout, /^backend shop_web_0$/m)
  })

  it('prints it for -, and cleans a reply that was saved otherwise', async () => {
    const file = makeFile(folder, 'raw.json', JSON.stringify({ apps }))
    const { stdout, lines, status } = await ask('-', { from: [file], quiet: true })
    assert.deepEqual([stdout, lines, status], [recorded(apps), [], 0])
    const [line = ''] = (await ask(file, { from: [file] })).lines
    assert.match(line, /^recorded 2 apps of \/\S+raw\.json, without /)
    assert.equal(readFileSync(file, 'utf8'), recorded(apps))
  })

  it('leaves what a symlink leads to in its place', async () => {
    const file = makeFile(folder, 'kept/apps.json')
    symlinkSync('kept/apps.json', join(folder, 'link.json'))
    await ask(join(folder, 'link.json'), { from: [join(folder, 'raw.json')] })
    assert.equal(readFileSync(file, 'utf8'), recorded(apps))
  })

  it('does not replace the live file, nor does render', async () => {
    const live = makeFile(folder, 'haproxy.cfg', 'global\n')
    const args = ['--config', config, '--haproxy-config', live, '--from', join(folder, 'raw.json')]
    assertFailed(await runProgram(['record', live, ...args]), 'usage', /record \S+ is a file of the program's own/)
    assertFailed(await runProgram(['render', '-o', folder, ...args]), 'usage', /--output: \S+haproxy\.cfg is a file of/)
    assert.equal(readFileSync(live, 'utf8'), 'global\n')
  })

  it('writes nothing where Marathon does not reply or there can be no file', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    symlinkSync('nowhere', join(folder, 'lost.json'))
    const before = readdirSync(folder)
    assertFailed(
      await runProgram(['record', join(folder, 'no.json'), '-m', marathon.url, '-c', config]),
      'auth-refused',
    )
    const from = { from: [join(folder, 'raw.json')] }
    const lost = join(folder, 'lost.json')
    for (const place of [folder, pipe, lost]) {
      const message = `${place} is no file that the reply can be written to; - is standard output`
      await assert.rejects(ask(place, from), { exit: 'usage', message })
    }
    await assert.rejects(ask(join(folder, 'none/apps.json'), from), { exit: 'cannot-write' })
    assert.deepEqual(readdirSync(folder), before)
    assert.ok(statSync(pipe).isFIFO())
  })
})
