import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { findHaproxy } from '../../src/haproxy/validate.js'
import { app } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { type RunOptions, runInTerminal, runProgram } from '../support/program.js'

const config = makeFile(makeFolder({ after }), 'none.json', '{}')
const check = (args: string[], options?: RunOptions) => runProgram(['check', '--config', config, ...args], options)

/** A folder of templates with a packaged one changed. */
function templatesWith(t: TestContext, name: string, change: (text: string) => string): string {
  const folder = makeFolder(t)
  makeFile(folder, name, change(readFileSync(join(import.meta.dirname, '../../templates', name), 'utf8')))
  return folder
}

const tasks = [{ host: 'agent.invalid', ports: [31001] }]
const reply = (...apps: unknown[]): string => JSON.stringify({ apps })
const good = app('/good', { labels: { HAPROXY_0_VHOST: 'good.test' }, tasks })
const bad = app('/bad', { ports: [10001], labels: { HAPROXY_0_VHOST: 'bad.test', HAPROXY_0_BALANCE: 'magic' } })

describe('check', () => {
  it('finds the packaged templates in order, with everything turned on', async (t) => {
    const { pem } = createCertificate(makeFolder(t))
    const { status, stdout, stderr } = await check(['--strict', '--ssl-cert', pem, '--app-id-port', '9091'])
    assert.deepEqual([status, stderr], [0, ''])
    const [one = '', sum = '', ...rest] = stdout.split('\n')
    assert.match(one, /^ok {6}the sample cluster: \d+ apps, \d+ services, \d+ servers$/)
    assert.match(sum, /^1 case: 1 ok, 0 failed; validated by haproxy \d+\.\d+\S*$/)
    assert.deepEqual(rest, [''])
  })

  it('points at the part of a template in error, which only some label reaches', async (t) => {
    const folder = templatesWith(t, 'http-demands.cfg.njk', (text) => text.replace('max-age=15768000', '{{ maxAge }}'))
    const { status, stdout, stderr } = await check(['--templates', folder])
    assert.deepEqual([status, stderr], [78, ''])
    const lines = stdout.split('\n')
    assert.equal(lines[0], 'FAILED  the sample cluster: a template is in error')
    assert.equal(lines[1], `  ${folder}/http-demands.cfg.njk:23:54: attempted to output null or undefined value`)
    assert.equal(lines[2]?.indexOf('{{ maxAge }}'), lines[3]?.indexOf('^'))
  })

  it('leads what HAProxy rejects back to the template and the app', async (t) => {
    const folder = templatesWith(t, 'backends.cfg.njk', (text) => text.replace('balance {{', 'balance no{{'))
    const { status, stdout } = await check(['--templates', folder])
    assert.equal(status, 65)
    const [head, place = '', source, section] = stdout.split('\n')
    assert.equal(head, 'FAILED  the sample cluster: HAProxy rejects it')
    assert.ok(place.startsWith(`  ${folder}/backends.cfg.njk:5: balance`), place)
    assert.ok(place.endsWith('(in "balance noleastconn", from label HAPROXY_0_BALANCE)'), place)
    assert.deepEqual(
      [source, section],
      ['        balance no{{ backend.balance }}', '    in section backend shop_admin_0, /shop/admin port 0'],
    )
  })

  it('goes through a folder of replies and what is expected of them, and says how each fares', async (t) => {
    const folder = makeFolder(t)
    makeFile(folder, 'a.json', reply(good))
    makeFile(folder, 'a.expect.json', JSON.stringify({ hosts: { 'good.test': ['agent.invalid:31001'] } }))
    makeFile(folder, 'b.json', reply(good, bad))
    makeFile(folder, 'b.expect.json', JSON.stringify({ hosts: { 'bad.test': ['127.0.0.1:31010'] } }))
    makeFile(folder, 'c.json', '[]')
    makeFile(folder, 'd.expect.json', '{}')
    execFileSync('mkfifo', [join(folder, 'e.json')])
    const why = '/bad port 0 is left out: label HAPROXY_0_BALANCE is "magic", which is not an algorithm of HAProxy'
    const all = await check(['--from', folder, '--from', '-', '--haproxy', 'none'], { input: reply(bad) })
    assert.deepEqual([all.status, all.stderr], [65, ''])
    assert.deepEqual(all.stdout.replaceAll(`${folder}/`, '').split('\n'), [
      'ok      a.json: 1 app, 1 service, 1 server',
      'FAILED  b.json: 1 expectation not met',
      `  bad.test: expected 127.0.0.1:31010, but it leads nowhere (${why})`,
      `  warning: ${why}`,
      'FAILED  c.json: c.json is no reply of Marathon: it is not a JSON object with an array "apps"',
      "FAILED  d.json: cannot read the recorded reply d.json: ENOENT: no such file or directory, open 'd.json', of which d.expect.json expects something",
      'FAILED  e.json: cannot read the recorded reply e.json: it is not a regular file',
      'ok      standard input: 1 app, 0 services, 0 servers',
      `  warning: ${why}`,
      '6 cases: 2 ok, 4 failed; not validated: --haproxy none',
      '',
    ])
    const strict = ['--strict', '--json', '--from', join(folder, 'b.json')]
    const { status, stdout } = await check(strict)
    assert.equal(status, 65)
    const { schema, validated, cases } = JSON.parse(stdout)
    assert.equal(schema, 1)
    assert.match(validated, /^\d+\.\d/)
    const [{ failures, ...one }] = cases
    const counts = { apps: 2, services: 1, servers: 1 }
    assert.deepEqual(one, { from: `${folder}/b.json`, ok: false, exit: 'invalid-config', ...counts, warnings: [why] })
    assert.deepEqual(
      failures.map(({ kind }: { kind: string }) => kind),
      ['expectation', 'warning'],
    )
  })

  it('does without a HAProxy only where none is installed and none is named', async () => {
    const result = await check(['--haproxy', '/nowhere/haproxy', '--json'])
    assertFailed(result, 'command-failed', '/nowhere/haproxy')
    const { exit, error } = JSON.parse(result.stdout)
    assert.deepEqual(exit, { status: 71, name: 'command-failed' })
    assert.match(error, /^\/nowhere\/haproxy is not a program/)
    const hidden = ['--mount', 'sh', '-c', 'mount --bind /dev/null "$0" && exec "$@"', findHaproxy('haproxy')]
    const program = [process.execPath, join(import.meta.dirname, '../../bin/haproxy-updater.js')]
    const args = [...hidden, ...program, 'check', '--config', config]
    const { stdout } = await promisify(execFile)('unshare', args)
    const sum = '1 case: 1 ok, 0 failed; not validated: no haproxy is installed; give --haproxy PATH to insist\n'
    assert.ok(stdout.endsWith(sum), stdout)
  })

  it('colours its words at a terminal', async () => {
    const { stdout } = await runInTerminal(['check', '--config', config, '--haproxy', 'none'])
    assert.ok(stdout.includes('\u001b[32mok\u001b[39m      the sample cluster: '), stdout)
  })
})
