import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { after, before, describe, it, type TestContext } from 'node:test'
import { fetchFrom, readRecorded } from '../../src/marathon/source.js'
import { readOptions } from '../../src/options.js'
import { version } from '../../src/version.js'
import { app } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { startLogin } from '../support/login.js'
import { startMarathon, type TestMarathon } from '../support/marathon.js'
import { runProgram, startProgram } from '../support/program.js'

const folder = makeFolder({ after })
const config = makeFile(folder, 'none.json', '{}')
const apps = [app('/web')]

describe('a recorded reply', () => {
  const recorded = (text: string) => makeFile(folder, 'reply.json', text)

  it('is read from a file, also with a byte order mark', async () => {
    for (const mark of ['', '\ufeff']) {
      const file = recorded(mark + JSON.stringify({ apps }))
      assert.deepEqual(await readRecorded(file), { from: file, apps })
    }
  })

  it('is read from standard input for -', async () => {
    const { status, stdout } = await runProgram(['render', '--from', '-', '--config', config], {
      input: JSON.stringify({ apps }),
    })
    assert.equal(status, 0)
    assert.match(stdout, /^backend web_0$/m)
  })

  it('does not keep a signal from ending the program while a pipe is waited for', async (t) => {
    const pipe = `${folder}/pipe`
    execFileSync('mkfifo', [pipe])
    const { child, done } = startProgram(['render', '--from', pipe, '--config', config])
    // Opened only once the program has opened it too.
    const writer = await open(pipe, 'w')
    t.after(() => writer.close())
    child.kill('SIGTERM')
    assert.equal((await done).signal, 'SIGTERM')
  })

  it('is refused where it cannot be read or is none', async () => {
    await assert.rejects(readRecorded(`${folder}/missing.json`), {
      exit: 'no-input',
      message: `cannot read the recorded reply ${folder}/missing.json: ENOENT: no such file or directory, open '${folder}/missing.json'`,
    })
    await assert.rejects(readRecorded(folder), { exit: 'no-input' })
    for (const text of ['', '<html>', '{"apps":[', '{}', '[]', 'null', '{"apps":{}}', '{"message":"no"}']) {
      await assert.rejects(
        readRecorded(recorded(text)),
        { exit: 'bad-reply', message: /reply\.json is no reply/ },
        text,
      )
    }
    const { status, stderr } = await runProgram(['render', '--from', '-', '--config', config])
    assert.equal(status, 76)
    assert.match(stderr, /standard input is no reply of Marathon/)
  })
})

describe('Marathon', () => {
  let marathon: TestMarathon
  before(async () => {
    marathon = await startMarathon(apps)
  })
  after(() => marathon.close())

  const fetchWith = (flags: Record<string, unknown>) =>
    fetchFrom(readOptions({ config, marathon: [marathon.url], ...flags }, {}), 30_000)
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

  it('is given the token of a login, of a file before any credentials in the environment', async (t) => {
    const tls = createCertificate(folder)
    const login = await startLogin(tls)
    t.after(() => login.close())
    const lastToken = () => `token=${[...login.tokens].at(-1)}`
    setVariable(t, 'HAPROXY_UPDATER_DCOS_CREDENTIALS', JSON.stringify(login.user))
    await fetchWith({ caFile: tls.cert })
    assert.equal(lastHeader('authorization'), lastToken())

    setVariable(t, 'HAPROXY_UPDATER_TOKEN', 'from-env')
    await fetchWith({ caFile: tls.cert })
    assert.equal(lastHeader('authorization'), 'token=from-env')

    setVariable(t, 'HAPROXY_UPDATER_AUTH', 'env:word')
    const file = makeFile(folder, 'account.json', JSON.stringify(login.service, null, 2), 0o600)
    await fetchWith({ caFile: tls.cert, dcosCredentialsFile: file })
    assert.equal(lastHeader('authorization'), lastToken())
    assert.equal(login.requests.length, 2)
    await fetchWith({ tokenFile: makeFile(folder, 'token', 'from-file\n', 0o600) })
    assert.equal(lastHeader('authorization'), 'token=from-file')
  })

  it('is asked for readiness only where that counts', async () => {
    await fetchWith({ readiness: true, labelSelector: 'a==b' })
    assert.equal(marathon.requests.at(-1)?.path, '/v2/apps?embed=apps.tasks&embed=apps.readiness&label=a%3D%3Db')
  })

  it('is not asked where a secret file is refused', async () => {
    const before = marathon.requests.length
    await assert.rejects(fetchWith({ authFile: makeFile(folder, 'auth', 'file:word\n', 0o644) }), { exit: 'bad-setup' })
    await assert.rejects(fetchWith({ tokenFile: `${folder}/nowhere` }), { exit: 'no-input' })
    const lax = makeFile(folder, 'account.json', '{}', 0o644)
    await assert.rejects(fetchWith({ dcosCredentialsFile: lax }), {
      exit: 'bad-setup',
      message: /can be read by others/,
    })
    const wrong = makeFile(folder, 'account.json', '{}', 0o600)
    await assert.rejects(fetchWith({ dcosCredentialsFile: wrong }), {
      exit: 'bad-setup',
      message: `${wrong}: "uid" is missing`,
    })
    await assert.rejects(fetchWith({ clientKey: wrong }), { exit: 'usage' })
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

  it('is shown the certificate of a file', async (t) => {
    const [tls, client] = [createCertificate(folder), createCertificate(folder, 'client')]
    const secure = await startMarathon(apps, { tls: { ...tls, clientCa: client.cert } })
    t.after(() => secure.close())
    const options = { marathon: [secure.url], caFile: tls.cert }
    assert.deepEqual((await fetchWith({ ...options, clientCert: client.pem })).apps, apps)
    await assert.rejects(fetchWith(options), { exit: 'unavailable', message: /--client-cert/ })
  })

  it('may not answer more than is taken', async () => {
    marathon.apps = [app('/web', { env: { LARGE: 'x'.repeat(2 ** 20) } })]
    await assert.rejects(fetchWith({ maxReplySize: '1' }), { exit: 'bad-reply' })
    assert.equal((await fetchWith({ maxReplySize: '2' })).apps.length, 1)
  })
})
