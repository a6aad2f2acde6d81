import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { after, before, describe, it, type TestContext } from 'node:test'
import { fetchFrom, readRecorded, readSecret } from '../../src/marathon/source.js'
import { readOptions } from '../../src/options.js'
import { version } from '../../src/version.js'
import { app } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { startMarathon, type TestMarathon } from '../support/marathon.js'
import { runProgram } from '../support/program.js'

const folder = makeFolder({ after })
const config = makeFile(folder, 'none.json', '{}')
const apps = [app('/web')]

describe('a recorded reply', () => {
  const recorded = (text: string) => makeFile(folder, 'reply.json', text)

  it('is read from a file', () => {
    const file = recorded(JSON.stringify({ apps }))
    assert.deepEqual(readRecorded(file), { from: file, apps })
  })

  it('is read from standard input for -', async () => {
    const { status, stdout } = await runProgram(['render', '--from', '-', '--config', config], {
      input: JSON.stringify({ apps }),
    })
    assert.equal(status, 0)
    assert.match(stdout, /^backend web_0$/m)
  })

  it('is refused where it cannot be read or is none', async () => {
    assert.throws(() => readRecorded(`${folder}/missing.json`), {
      exit: 'no-input',
      message: `cannot read the recorded reply ${folder}/missing.json: ENOENT: no such file or directory, open '${folder}/missing.json'`,
    })
    assert.throws(() => readRecorded(folder), { exit: 'no-input' })
    for (const text of ['', '<html>', '{"apps":[', '{}', '[]', 'null', '{"apps":{}}', '{"message":"no"}']) {
      assert.throws(() => readRecorded(recorded(text)), { exit: 'bad-reply', message: /reply\.json is no reply/ }, text)
    }
    const { status, stderr } = await runProgram(['render', '--from', '-', '--config', config])
    assert.equal(status, 76)
    assert.match(stderr, /standard input is no reply of Marathon/)
  })
})

describe('a secret file', () => {
  it('gives its first line, without blanks around it', () => {
    assert.equal(readSecret(makeFile(folder, 'secret', 'me:pa ss:word \r\nsecond\n', 0o600)), 'me:pa ss:word')
    assert.equal(readSecret(makeFile(folder, 'secret', 'token', 0o400)), 'token')
  })

  it('is refused where others can get at it', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o610]) {
      const file = makeFile(folder, 'secret', 'me:word', mode)
      assert.throws(
        () => readSecret(file),
        { exit: 'bad-setup', message: `the secret file ${file} can be read by others; chmod 600 ${file}` },
        mode.toString(8),
      )
    }
  })

  it('is refused where it is missing or empty', () => {
    assert.throws(() => readSecret(`${folder}/nowhere`), {
      exit: 'no-input',
      message: /cannot read the secret file .*ENOENT/,
    })
    const empty = makeFile(folder, 'secret', '\nsecond', 0o600)
    assert.throws(() => readSecret(empty), { exit: 'bad-setup', message: `${empty}:1: the secret file is empty` })
  })
})

describe('Marathon', () => {
  let marathon: TestMarathon
  before(async () => {
    marathon = await startMarathon(apps)
  })
  after(() => marathon.close())

  const fetchWith = (flags: Record<string, unknown>) =>
    fetchFrom(readOptions({ config, marathon: [marathon.url], ...flags }, {}), 5000)
  const lastHeader = (name: string) => marathon.requests.at(-1)?.headers[name]
  const setVariable = (t: TestContext, name: string, value: string): void => {
    process.env[name] = value
    t.after(() => delete process.env[name])
  }

  it('is asked as the options say, and told who asks', async () => {
    const { from, apps: given } = await fetchWith({ labelSelector: 'HAPROXY_GROUP==external' })
    assert.deepEqual([from, given], [marathon.url, []])
    assert.equal(marathon.requests.at(-1)?.path, '/v2/apps?embed=apps.tasks&label=HAPROXY_GROUP%3D%3Dexternal')
    assert.equal(lastHeader('user-agent'), `haproxy-updater/${version} (${hostname()})`)
    assert.equal(lastHeader('authorization'), undefined)
    assert.deepEqual((await fetchWith({})).apps, apps)
  })

  it('is given the credentials of a file or of the environment', async (t) => {
    setVariable(t, 'HAPROXY_UPDATER_TOKEN', 'from-env')
    await fetchWith({})
    assert.equal(lastHeader('authorization'), 'token=from-env')
    await fetchWith({ tokenFile: makeFile(folder, 'token', 'from-file\n', 0o600) })
    assert.equal(lastHeader('authorization'), 'token=from-file')

    setVariable(t, 'HAPROXY_UPDATER_AUTH', 'env:word')
    await fetchWith({})
    assert.equal(lastHeader('authorization'), `Basic ${btoa('env:word')}`)
    await fetchWith({ authFile: makeFile(folder, 'auth', 'file:word\n', 0o600) })
    assert.equal(lastHeader('authorization'), `Basic ${btoa('file:word')}`)
  })

  it('is not asked where a secret file is refused', async () => {
    const before = marathon.requests.length
    await assert.rejects(fetchWith({ authFile: makeFile(folder, 'auth', 'file:word\n', 0o644) }), { exit: 'bad-setup' })
    await assert.rejects(fetchWith({ tokenFile: `${folder}/nowhere` }), { exit: 'no-input' })
    assert.equal(marathon.requests.length, before)
  })

  it('is verified with the certificates of a file', async (t) => {
    const tls = createCertificate(folder)
    const secure = await startMarathon(apps, { tls })
    t.after(() => secure.close())
    const options = { marathon: [secure.url] }
    assert.deepEqual((await fetchWith({ ...options, caFile: tls.cert })).apps, apps)
    await assert.rejects(fetchWith(options), { exit: 'unavailable' })
    await assert.rejects(fetchWith({ ...options, caFile: `${folder}/nowhere` }), {
      exit: 'no-input',
      message: /cannot read the certificates/,
    })
  })

  it('may not answer more than is taken', async () => {
    marathon.apps = [app('/web', { env: { LARGE: 'x'.repeat(2 ** 20) } })]
    await assert.rejects(fetchWith({ maxReplySize: '1' }), { exit: 'bad-reply' })
    assert.equal((await fetchWith({ maxReplySize: '2' })).apps.length, 1)
  })
})
