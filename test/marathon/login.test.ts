import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, afterEach, beforeEach, describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { type ExitName, UpdaterError } from '../../src/errors.js'
import { fetchReply, type Source } from '../../src/marathon/client.js'
import { parseAccount } from '../../src/marathon/login-account.js'
import { app } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFolder } from '../support/folder.js'
import { listen } from '../support/listen.js'
import { createKeys, startLogin, type TestLogin } from '../support/login.js'
import { type MarathonOptions, startMarathon, type TestMarathon } from '../support/marathon.js'
import type { Fault } from '../support/marathon-faults.js'

const folder = makeFolder({ after })
const tls = createCertificate(folder)
const client = createCertificate(folder, 'client')
const stranger = createKeys().privatePem
const ca = readFileSync(tls.cert, 'utf8')
const apps = [app('/shop')]

let login: TestLogin
beforeEach(async () => {
  login = await startLogin(tls)
})
afterEach(() => login.close())

/** A Marathon, until the test ends, that wants a token of the login. */
async function startClosed(t: TestContext, options: MarathonOptions = {}): Promise<TestMarathon> {
  const marathon = await startMarathon(apps, { tls, token: login.accepts, ...options })
  t.after(() => marathon.close())
  return marathon
}

const fetchFrom = (urls: string[], account: object, rest: Partial<Source> = {}, budget = 30_000) =>
  fetchReply(
    {
      urls,
      account: parseAccount(JSON.stringify(account), 'file'),
      ca,
      maxBytes: 2 ** 20,
      userAgent: 'haproxy-updater/test (host)',
      ...rest,
    },
    budget,
  )

/** The failure of a request, which holds nothing secret. */
async function failure(promise: Promise<unknown>): Promise<UpdaterError> {
  const error = await promise.then(
    () => assert.fail('a reply where none was expected'),
    (reason: unknown) => reason,
  )
  assert(error instanceof UpdaterError, inspect(error))
  const shown = inspect(error, { depth: 9 })
  const key = login.service.private_key.split('\n')[5] ?? ''
  for (const secret of ['t0ken', login.user.password, key, 'PRIVATE KEY', 'eyJ']) assert(!shown.includes(secret), shown)
  return error
}

describe('a login', () => {
  it('of a service gives the token that Marathon is asked with', async (t) => {
    const marathon = await startClosed(t)
    const { url, reply } = await fetchFrom([marathon.url], login.service)
    assert.deepEqual({ url, apps: reply.apps }, { url: marathon.url, apps })
    const [token] = login.tokens
    assert.deepEqual(
      marathon.requests.map(({ headers }) => headers.authorization),
      [`token=${token}`],
    )
    const [{ headers, body }] = login.requests as [TestLogin['requests'][0]]
    assert.equal(headers.authorization, undefined)
    assert.equal(headers['user-agent'], 'haproxy-updater/test (host)')
    assert(!body.includes('PRIVATE'))
  })

  it('of a user does the same', async (t) => {
    const marathon = await startClosed(t)
    assert.equal((await fetchFrom([marathon.url], login.user)).reply.apps.length, 1)
  })

  it('may be answered in a cookie', async (t) => {
    login.tokenIn = 'cookie'
    const marathon = await startClosed(t)
    assert.equal((await fetchFrom([marathon.url], login.service)).reply.apps.length, 1)
  })

  it('is made once for all URLs', async (t) => {
    const [first, second] = [await startClosed(t), await startClosed(t)]
    first.fault = '503-json'
    assert.equal((await fetchFrom([first.url, second.url], login.service)).url, second.url)
    assert.equal(login.requests.length, 1)
  })

  it('is not made for a URL with credentials of its own', async (t) => {
    const marathon = await startMarathon(apps, { tls, basic: 'me:word' })
    t.after(() => marathon.close())
    const url = marathon.url.replace('//', '//me:word@')
    assert.equal((await fetchFrom([url], login.service)).reply.apps.length, 1)
    assert.equal(login.requests.length, 0)
  })

  it('shows the client certificate, and so does the request', async (t) => {
    const closed = await startLogin({ ...tls, clientCa: client.cert })
    t.after(() => closed.close())
    const marathon = await startClosed(t, { tls: { ...tls, clientCa: client.cert }, token: closed.accepts })
    const [cert, key] = [client.cert, client.key].map((file) => readFileSync(file, 'utf8'))
    assert.equal((await fetchFrom([marathon.url], closed.service, { cert, key })).reply.apps.length, 1)
    const error = await failure(fetchFrom([marathon.url], closed.service))
    assert.equal(error.exit, 'unavailable')
    assert(error.message.includes(`login at ${closed.url}: `), error.message)
    assert.equal(closed.requests.length, 1)
  })

  it('is not made where the certificate of the login is not trusted', async (t) => {
    const marathon = await startClosed(t)
    const error = await failure(fetchFrom([marathon.url], login.user, { ca: readFileSync(client.cert, 'utf8') }))
    assert.equal(error.exit, 'unavailable')
    assert.match(error.message, /\): check that this host reaches the login_endpoint in --dcos-credentials-file/)
    assert.equal(login.requests.length, 0)
  })
})

describe('a token that Marathon refuses', () => {
  it('is replaced, and the request repeated', async (t) => {
    const marathon = await startClosed(t, { token: (token) => [...login.tokens].indexOf(token) === 1 })
    assert.equal((await fetchFrom([marathon.url], login.service)).reply.apps.length, 1)
    assert.equal(login.requests.length, 2)
    assert.equal(marathon.requests.length, 2)
  })

  it('is replaced once a run, however many URLs there are', async (t) => {
    const marathon = await startClosed(t, { token: () => false })
    const error = await failure(fetchFrom([marathon.url, marathon.url], login.service))
    assert.equal(error.exit, 'auth-refused')
    assert.match(error.message, /: HTTP status 401; .*: HTTP status 401\): check .*--dcos-credentials-file$/)
    assert.equal(login.requests.length, 2)
    assert.equal(marathon.requests.length, 3)
  })

  it('as one without the right (403) is not replaced', async (t) => {
    const marathon = await startClosed(t)
    marathon.fault = '403'
    assert.equal((await failure(fetchFrom([marathon.url], login.service))).exit, 'auth-refused')
    assert.equal(login.requests.length, 1)
    assert.equal(marathon.requests.length, 1)
  })

  it('in an answer without an end is replaced without waiting for that', async (t) => {
    const server = createServer((_, response) => void response.writeHead(401).flushHeaders())
    const { port, close } = await listen(server, 0)
    t.after(close)
    assert.equal((await failure(fetchFrom([`http://127.0.0.1:${port}`], login.service))).exit, 'auth-refused')
    assert.equal(login.requests.length, 2)
  })
})

describe('a login that fails', () => {
  const outcomes: Partial<Record<Fault, [ExitName, says: RegExp]>> = {
    '401': ['auth-refused', /HTTP status 401\): check --dcos-credentials-file/],
    '403': ['auth-refused', /HTTP status 403\): check --dcos-credentials-file/],
    '404': ['bad-reply', /HTTP status 404\): check the login_endpoint in --dcos-credentials-file/],
    '500-html': ['unavailable', /HTTP status 500\): check that this host reaches the login_endpoint/],
    hang: ['unavailable', /no complete answer within 1 s\): .*login_endpoint/],
    drip: ['unavailable', /no complete answer within 1 s/],
    html: ['bad-reply', /content-type text\/html, not JSON/],
    'not-json': ['bad-reply', /: not JSON\)/],
    empty: ['bad-reply', /: not JSON\)/],
    'no-apps': ['bad-reply', /JSON without a token/],
    'cut-off': ['bad-reply', /cut off/],
    huge: ['bad-reply', /larger than 65536 bytes\)/],
    'gzip-bomb': ['bad-reply', /larger than 65536 bytes\)/],
    redirect: ['bad-reply', /HTTP status 302\)/],
  }
  for (const [fault, [exit, says]] of Object.entries(outcomes) as [Fault, [ExitName, RegExp]][]) {
    it(`by ${fault} is ${exit}, with its URL, and Marathon is not asked`, async (t) => {
      const marathon = await startClosed(t)
      login.fault = fault
      for (const account of [login.service, login.user]) {
        const budget = fault === 'hang' || fault === 'drip' ? 1000 : 30_000
        const error = await failure(fetchFrom([marathon.url], account, {}, budget))
        assert.equal(error.exit, exit, error.message)
        assert(error.message.includes(`${marathon.url}: login at ${login.url}: `), error.message)
        assert.match(error.message, says)
      }
      assert.equal(login.requests.length, 2)
      assert.equal(marathon.requests.length, 0)
    })
  }

  it('shows no credentials of its URL', async (t) => {
    const marathon = await startClosed(t)
    login.fault = '404'
    const url = `${login.url.replace('//', '//me:s3cret@')}?key=s3cret`
    const error = await failure(fetchFrom([marathon.url], { ...login.user, login_endpoint: url }))
    assert(error.message.includes(`login at ${login.url}: `), error.message)
    assert.doesNotMatch(inspect(error, { depth: 9 }), /s3cret/)
  })

  for (const [what, body] of Object.entries({
    'an empty token': { token: '' },
    'a token with a line end': { token: 'a\r\nb: c' },
    'a token that is a number': { token: 1 },
    'null for an object': null,
  })) {
    it(`with ${what} is a bad reply`, async (t) => {
      const marathon = await startClosed(t)
      const server = createServer((_, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
      })
      const { port, close } = await listen(server, 0)
      t.after(close)
      const account = { ...login.user, login_endpoint: `http://127.0.0.1:${port}/` }
      assert.match((await failure(fetchFrom([marathon.url], account))).message, /JSON without a token/)
    })
  }

  it('by a refused connection is unavailable', async (t) => {
    const marathon = await startClosed(t)
    const error = await failure(fetchFrom([marathon.url], { ...login.user, login_endpoint: 'https://127.0.0.1:1/' }))
    assert.equal(error.exit, 'unavailable')
    assert(error.message.includes('login at https://127.0.0.1:1/: connect ECONNREFUSED 127.0.0.1:1'), error.message)
  })

  it('by a redirect takes the secret nowhere else', async (t) => {
    const [marathon, elsewhere] = [await startClosed(t), await startLogin(tls)]
    t.after(() => elsewhere.close())
    login.fault = 'redirect-elsewhere'
    login.redirectTo = elsewhere.url
    assert.equal((await failure(fetchFrom([marathon.url], login.user))).exit, 'bad-reply')
    assert.equal(elsewhere.requests.length, 0)
  })

  it('by a wrong key or password is refused, and not tried again for the next URL', async (t) => {
    const marathon = await startClosed(t)
    for (const account of [
      { ...login.service, private_key: stranger },
      { ...login.service, uid: 'other' },
      { ...login.user, password: 'wr0ng' },
    ]) {
      const before = login.requests.length
      const error = await failure(fetchFrom([marathon.url, `${marathon.url}/again`], account))
      assert.equal(error.exit, 'auth-refused')
      assert.match(error.message, /(.*: login at .*: HTTP status 401[;)]){2}: check --dcos-credentials-file/)
      assert.equal(login.requests.length, before + 1)
    }
    assert.equal(marathon.requests.length, 0)
  })

  it('where a token was refused ends the matter for that URL', async (t) => {
    const marathon = await startClosed(t, {
      token: () => {
        login.fault = '500-html'
        return false
      },
    })
    const error = await failure(fetchFrom([marathon.url], login.service))
    assert.match(error.message, /login at .*: HTTP status 500/)
    assert.equal(login.requests.length, 2)
    assert.equal(marathon.requests.length, 1)
  })

  it('is tried again for the next URL, in its share of the time', async (t) => {
    const marathon = await startClosed(t)
    login.fault = 'hang'
    setTimeout(() => {
      login.fault = undefined
    }, 200)
    const began = performance.now()
    const { url } = await fetchFrom([`${marathon.url}/first`, marathon.url], login.service, {}, 3000)
    assert.equal(url, marathon.url)
    assert(performance.now() - began < 20_000)
    assert.equal(login.requests.length, 2)
  })

  it('by hanging takes no more time than all URLs have', async (t) => {
    const marathon = await startClosed(t)
    login.fault = 'hang'
    const began = performance.now()
    const error = await failure(fetchFrom([marathon.url, marathon.url, marathon.url], login.service, {}, 1500))
    assert.equal(error.exit, 'unavailable')
    assert(performance.now() - began < 20_000)
    assert.equal(login.requests.length, 3)
  })
})
