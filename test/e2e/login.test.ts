import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, beforeEach, describe, it, type TestContext } from 'node:test'
import { app } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { createKeys, startLogin, type TestLogin } from '../support/login.js'
import { startMarathon, type TestMarathon, type TlsFiles } from '../support/marathon.js'
import { type Result, type RunOptions, runProgram } from '../support/program.js'

const folder = makeFolder({ after })
const config = makeFile(folder, 'none.json', '{}')
const tls = createCertificate(folder)
const client = createCertificate(folder, 'client')
const stranger = createCertificate(folder, 'stranger')

let login: TestLogin
let marathon: TestMarathon

beforeEach(async () => {
  login = await startLogin(tls)
  marathon = await startMarathon([app('/web')], { tls, token: login.accepts })
})

afterEach(() => Promise.all([login.close(), marathon.close()]))

/** What the program renders from this Marathon's reply. Nothing it prints is secret. */
async function render(args: string[], options: RunOptions = {}): Promise<Result> {
  const common = ['render', '--config', config, '--ca-file', tls.cert, '--marathon', marathon.url]
  const result = await runProgram([...common, ...args], options)
  const keyLines = [login.service.private_key, readFileSync(client.key, 'utf8')].flatMap((pem) =>
    pem.trim().split('\n'),
  )
  const secrets = [...login.tokens, login.user.password, ...keyLines]
  for (const secret of secrets) assert(!(result.stdout + result.stderr).includes(secret), result.stderr)
  return result
}

const accountFile = (account: object, mode = 0o600): string =>
  makeFile(folder, 'account.json', JSON.stringify(account), mode)

function assertRendered({ status, stdout, stderr }: Result): void {
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^backend web_0$/m)
  assert.equal(stderr, '')
}

describe('a run behind a login', () => {
  it('logs in as a service', async () => {
    assertRendered(await render(['--dcos-credentials-file', accountFile(login.service)]))
    assert.equal(login.requests.length, 1)
  })

  it('logs in as a user', async () => {
    assertRendered(await render(['--dcos-credentials-file', accountFile(login.user)]))
  })

  it('logs in with credentials of the environment', async () => {
    const env = { HAPROXY_UPDATER_DCOS_CREDENTIALS: JSON.stringify(login.service) }
    assertRendered(await render([], { env }))
    const wrong = { HAPROXY_UPDATER_DCOS_CREDENTIALS: JSON.stringify({ ...login.service, private_key: 'x' }) }
    const says = 'HAPROXY_UPDATER_DCOS_CREDENTIALS:1: "private_key" is not an RSA private key'
    assertFailed(await render([], { env: wrong }), 'bad-setup', says)
  })

  it('logs in once more, and no third time, where its token is refused', async (t) => {
    const args = ['--dcos-credentials-file', accountFile(login.service)]
    await marathonAccepting(t, (token) => [...login.tokens].indexOf(token) === 1)
    assertRendered(await render(args))
    assert.equal(login.requests.length, 2)

    await marathonAccepting(t, () => false)
    const asked = ['--marathon', marathon.url, ...args]
    assertFailed(await render(asked), 'auth-refused', 'HTTP status 401')
    assert.equal(marathon.requests.length, 3)
    assert.equal(login.requests.length, 4)
  })

  /** From now on this is the Marathon that is asked. */
  async function marathonAccepting(t: TestContext, token: (token: string) => boolean): Promise<void> {
    const open = marathon
    t.after(() => open.close())
    marathon = await startMarathon([app('/web')], { tls, token })
  }

  it('is refused with a wrong key or password', async () => {
    const wrong = [
      { ...login.service, private_key: createKeys().privatePem },
      { ...login.user, password: 'other' },
    ]
    for (const account of wrong) {
      const result = await render(['--dcos-credentials-file', accountFile(account)])
      assertFailed(result, 'auth-refused', `login at ${login.url}: HTTP status 401`)
      assert.match(result.stderr, /check --dcos-credentials-file/)
    }
    assert.equal(marathon.requests.length, 0)
  })

  it('ends in time where the login hangs', async () => {
    login.fault = 'hang'
    const result = await render(['--dcos-credentials-file', accountFile(login.service), '--timeout', '1s'])
    assertFailed(result, 'unavailable', `login at ${login.url}: no complete answer within`)
    assert(result.ms < 30_000, `${result.ms} ms`)
  })

  it('does not start with credentials that are wrong, or that others can read', async () => {
    const lax = await render(['--dcos-credentials-file', accountFile(login.user, 0o644)])
    assertFailed(lax, 'bad-setup', 'account.json can be read by others; chmod 600')
    const cut = makeFile(folder, 'account.json', JSON.stringify(login.user).slice(0, -40), 0o600)
    assertFailed(await render(['--dcos-credentials-file', cut]), 'bad-setup', 'the credentials are not valid JSON')
    assertFailed(await render(['--dcos-credentials-file', `${folder}/nowhere`]), 'no-input', 'nowhere')
    const two = ['--dcos-credentials-file', accountFile(login.user), '--token-file', config]
    assertFailed(await render(two), 'usage', 'contradict')
    assert.equal(login.requests.length, 0)
  })
})

describe('a run that shows a certificate', () => {
  async function startStrict(t: TestContext): Promise<void> {
    const files: TlsFiles = { ...tls, clientCa: client.cert }
    const open = marathon
    t.after(() => open.close())
    marathon = await startMarathon([app('/web')], { tls: files })
  }

  it('is answered where the certificate is accepted, its key in the same file or in another', async (t) => {
    await startStrict(t)
    assertRendered(await render(['--client-cert', client.pem]))
    assertRendered(await render(['--client-cert', client.cert, '--client-key', client.key]))
  })

  it('is not answered with the certificate of a stranger, or none', async (t) => {
    await startStrict(t)
    assertFailed(await render(['--client-cert', stranger.pem]), 'unavailable', '(--client-cert)')
    assertFailed(await render([]), 'unavailable', '(--client-cert)')
    assert.equal(marathon.requests.length, 0)
  })

  it('does not start with a certificate that is of no use', async () => {
    assertFailed(await render(['--client-key', client.key]), 'usage', '--client-key')
    assertFailed(await render(['--client-cert', `${folder}/nowhere`]), 'no-input', 'nowhere')
    const foreign = ['--client-cert', client.cert, '--client-key', stranger.key]
    assertFailed(await render(foreign), 'bad-setup', `--client-key ${stranger.key}`)
    const garbage = makeFile(folder, 'garbage.pem', 'garbage', 0o600)
    assertFailed(await render(['--client-cert', garbage, '--client-key', client.key]), 'bad-setup', garbage)
    const lax = makeFile(folder, 'lax.pem', readFileSync(client.pem, 'utf8'), 0o640)
    assertFailed(await render(['--client-cert', lax]), 'bad-setup', `chmod 600 ${lax}`)
    assert.equal(marathon.requests.length, 0)
  })
})
