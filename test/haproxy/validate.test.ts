import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { findHaproxy, validate } from '../../src/haproxy/validate.js'
import { makeFile, makeFolder } from '../support/folder.js'

const folder = makeFolder({ after })
const log = join(folder, 'output.log')
const base = 'defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n'
const frontend = 'frontend f\n  bind 127.0.0.1:1\n'

const check = (text: string, { haproxy = 'haproxy', live = folder, limit = 60_000 } = {}) =>
  validate(haproxy, { config: makeFile(folder, 'haproxy.cfg', text), log }, live, limit)

const ownPath = process.env['PATH']

function setPath(t: TestContext, ...folders: string[]): void {
  process.env['PATH'] = folders.join(':')
  t.after(() => {
    process.env['PATH'] = ownPath
  })
}

describe('the validation', () => {
  it('takes what HAProxy takes, with a warning or without', async () => {
    for (const text of [base + frontend, frontend]) {
      const verdict = await check(text)
      assert.ok(verdict.how === 'valid' && verdict.took > 0, JSON.stringify(verdict))
    }
  })

  it("rejects what HAProxy rejects, with HAProxy's words", async () => {
    const verdict = await check(`${base}${frontend}  nonsense here\n`)
    assert.equal(verdict.how, 'rejected')
    assert.match(verdict.how === 'rejected' ? verdict.output : '', /haproxy\.cfg:8\].*unknown keyword 'nonsense'/)
  })

  it('rejects what listens nowhere, even if HAProxy does not say so', async () => {
    for (const text of ['', 'global\n']) {
      const verdict = await check(text)
      assert.ok(verdict.how === 'rejected' && verdict.output.includes('no listener'), text)
    }
    const silent = makeFile(folder, 'silent', '#!/bin/sh\nexit 2\n', 0o755)
    const verdict = await check('', { haproxy: silent })
    assert.deepEqual(verdict, { how: 'rejected', output: 'the configuration has no listener', isIdle: true })
  })

  it('reads relative paths from where the live file is, if that is there', async () => {
    const errorfile = `${base}  errorfile 503 errors/503.http\n${frontend}`
    makeFile(folder, 'live/errors/503.http', 'HTTP/1.0 503 No\r\n\r\n')
    assert.equal((await check(errorfile, { live: join(folder, 'live') })).how, 'valid')
    assert.equal((await check(errorfile)).how, 'rejected')
    assert.equal((await check(base + frontend, { live: join(folder, 'nowhere') })).how, 'valid')
  })

  it('can be waived', async () => {
    const staged = { config: makeFile(folder, 'haproxy.cfg', 'nonsense'), log }
    assert.deepEqual(await validate(undefined, staged, folder, 60_000), { how: 'waived' })
  })

  it('fails where HAProxy cannot be started or overruns', async () => {
    const slow = makeFile(folder, 'slow', '#!/bin/sh\nexec sleep 300\n', 0o755)
    await assert.rejects(check('', { haproxy: slow, limit: 200 }), {
      exit: 'command-failed',
      message: `${slow} -c was not done after 0.2 s; see --timeout`,
    })
    const odd = makeFile(folder, 'odd', '#!/no/such/interpreter\n', 0o755)
    await assert.rejects(check('', { haproxy: odd }), {
      exit: 'command-failed',
      message: /odd cannot be started: .*ENOENT/,
    })
  })
})

describe('HAProxy', () => {
  it('is looked up in PATH, first come first served', (t) => {
    const [first, second] = ['first', 'second'].map((name) => makeFile(folder, `${name}/haproxy`, '', 0o755))
    makeFile(folder, 'plain/haproxy', '', 0o644)
    setPath(t, join(folder, 'nowhere'), '', join(folder, 'plain'), join(folder, 'first'), join(folder, 'second'))
    assert.equal(findHaproxy('haproxy'), first)
    setPath(t, join(folder, 'second'), join(folder, 'first'))
    assert.equal(findHaproxy('haproxy'), second)
  })

  it('is no folder of that name', (t) => {
    mkdirSync(join(folder, 'opt/haproxy'), { recursive: true })
    setPath(t, join(folder, 'opt'))
    assert.match(findHaproxy('haproxy'), /sbin\/haproxy$/)
    assert.throws(() => findHaproxy(join(folder, 'opt/haproxy')), { exit: 'command-failed' })
  })

  it("is found in the folders for system programs that cron's PATH lacks", (t) => {
    setPath(t, '/usr/bin', '/bin')
    assert.match(findHaproxy('haproxy'), /^\/usr(\/local)?\/sbin\/haproxy$/)
  })

  it('that is nowhere is named with what to do', (t) => {
    setPath(t, folder)
    assert.throws(() => findHaproxy('no-such-haproxy'), {
      exit: 'command-failed',
      message: /^no-such-haproxy is not in PATH, nor in \/usr\/local\/sbin, .*give --haproxy PATH$/,
    })
    const plain = makeFile(folder, 'plain/haproxy', '', 0o644)
    for (const path of [plain, join(folder, 'nowhere')]) {
      assert.throws(() => findHaproxy(path), { exit: 'command-failed', message: /check --haproxy$/ })
    }
    const own = makeFile(folder, 'own', '', 0o755)
    assert.equal(findHaproxy(own), own)
  })
})
