import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type ExitName, UpdaterError } from '../../src/errors.js'
import { fetchReply, type Source } from '../../src/marathon/client.js'
import { fingerprintOf } from '../../src/marathon/fingerprint.js'
import { app } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { startDns } from '../support/dns.js'
import { listen } from '../support/listen.js'
import { type MarathonOptions, startMarathon, type TestMarathon } from '../support/marathon.js'
import type { Fault } from '../support/marathon-faults.js'

const apps = [app('/shop'), app('/blog')]
const refused = 'http://127.0.0.1:1'
const mebibyte = 2 ** 20

const source = (urls: string[], rest: Partial<Source> = {}): Source => ({
  urls,
  maxBytes: mebibyte,
  userAgent: 'haproxy-updater/test (host)',
  ...rest,
})

const fetchFrom = (urls: string[], rest: Partial<Source> = {}, budget = 30_000) =>
  fetchReply(source(urls, rest), budget)

async function failure(promise: Promise<unknown>): Promise<UpdaterError> {
  const error = await promise.then(
    () => assert.fail('a reply where none was expected'),
    (reason: unknown) => reason,
  )
  assert(error instanceof UpdaterError, inspect(error))
  return error
}

/** Runs a test against a Marathon that is closed afterwards. */
async function withMarathon(options: MarathonOptions, test: (marathon: TestMarathon) => Promise<void>): Promise<void> {
  const marathon = await startMarathon(apps, options)
  try {
    await test(marathon)
  } finally {
    await marathon.close()
  }
}

/** Runs a test against a server that answers in its own way. */
async function withServer(answer: RequestListener, test: (url: string) => Promise<void>): Promise<void> {
  const { port, close } = await listen(createServer(answer), 0)
  try {
    await test(`http://127.0.0.1:${port}`)
  } finally {
    await close()
  }
}

describe('the request', () => {
  it('asks for all apps with their tasks, as JSON, and says who asks', () =>
    withMarathon({}, async (marathon) => {
      const { url, reply } = await fetchFrom([`${marathon.url}/`])
      assert.deepEqual({ url, apps: reply.apps }, { url: marathon.url, apps })
      const [request] = marathon.requests
      assert.equal(request?.path, '/v2/apps?embed=apps.tasks')
      assert.equal(request.headers.accept, 'application/json')
      assert.equal(request.headers['accept-encoding'], 'gzip')
      assert.equal(request.headers['user-agent'], 'haproxy-updater/test (host)')
      assert.equal(request.headers.authorization, undefined)
    }))

  it('keeps the base path', () =>
    withMarathon({ basePath: '/service/marathon' }, async (marathon) => {
      assert.equal((await fetchFrom([marathon.url])).reply.apps.length, 2)
      assert.equal((await fetchFrom([`${marathon.url}/`])).reply.apps.length, 2)
    }))

  it('does not parse a reply that is known', () =>
    withServer(
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('no JSON'),
      async (url) => {
        const known = fingerprintOf(Buffer.from('no JSON'))
        const { reply } = await fetchFrom([url], { known })
        assert.equal(reply.fingerprint, known)
        assert.throws(() => reply.apps, { exit: 'bad-reply' })
        assert.equal((await failure(fetchFrom([url], { known: 'another' }))).exit, 'bad-reply')
      },
    ))

  it('passes the label selector on', () =>
    withMarathon({}, async (marathon) => {
      const labelSelector = 'HAPROXY_GROUP==a&b in (c, d)'
      await fetchFrom([marathon.url], { labelSelector })
      const { path = '' } = marathon.requests[0] ?? {}
      assert.equal(new URL(path, marathon.url).searchParams.get('label'), labelSelector)
    }))

  it('splits user and password at the first colon only', () =>
    withMarathon({ basic: 'user:pass:wörd' }, async (marathon) => {
      assert.equal((await fetchFrom([marathon.url], { auth: 'user:pass:wörd' })).reply.apps.length, 2)
    }))

  it('takes the user and password of a URL for that URL only, and does not show them', () =>
    withMarathon({ basic: 'user:100%:@' }, async (marathon) => {
      const url = marathon.url.replace('//', '//user:100%:%40@')
      assert.equal((await fetchFrom([url], { auth: 'other:one', token: 'another' })).url, marathon.url)
      assert.equal((await failure(fetchFrom([marathon.url], { auth: 'other:one' }))).exit, 'auth-refused')
    }))

  it('sends a token as DC/OS wants it', () =>
    withMarathon({ token: 'abc.def' }, async (marathon) => {
      assert.equal((await fetchFrom([marathon.url], { token: 'abc.def' })).reply.apps.length, 2)
    }))
})

describe('the answer', () => {
  const outcomes: Record<Fault, ExitName> = {
    reset: 'unavailable',
    hang: 'unavailable',
    drip: 'unavailable',
    '401': 'auth-refused',
    '403': 'auth-refused',
    '404': 'bad-reply',
    '500-html': 'unavailable',
    '503-json': 'unavailable',
    'redirect-elsewhere': 'bad-reply',
    redirect: 'ok',
    empty: 'bad-reply',
    'no-apps': 'bad-reply',
    'null-apps': 'bad-reply',
    'empty-apps': 'ok',
    'cut-off': 'bad-reply',
    html: 'bad-reply',
    'not-json': 'bad-reply',
    huge: 'bad-reply',
    'gzip-bomb': 'bad-reply',
  }
  for (const [fault, outcome] of Object.entries(outcomes) as [Fault, ExitName][]) {
    it(`${fault} gives ${outcome}, and no secret away`, () =>
      withMarathon({}, async (marathon) => {
        marathon.fault = fault
        const url = marathon.url.replace('//', '//user:s3cret@')
        const budget = fault === 'hang' || fault === 'drip' ? 200 : 30_000
        const fetched = fetchFrom([url], { token: 't0ken' }, budget)
        if (outcome === 'ok') {
          assert.equal((await fetched).url, marathon.url)
          return
        }
        const error = await failure(fetched)
        assert.equal(error.exit, outcome, error.message)
        assert(error.message.includes(`${marathon.url}: `), error.message)
        assert.doesNotMatch(inspect(error, { depth: 9 }), /s3cret|t0ken|dXNlcjpzM2NyZXQ/)
      }))
  }

  it('is decompressed', () =>
    withMarathon({ gzip: true }, async (marathon) => {
      assert.deepEqual((await fetchFrom([marathon.url])).reply.apps, apps)
    }))

  const body = '{"apps":[{"id":"/a"}]}'
  const answers: Record<string, { headers: Record<string, string>; body?: string | Buffer; status?: number }> = {
    'in another encoding': { headers: { 'Content-Encoding': 'br' } },
    'with a gzip stream that ends early': {
      headers: { 'Content-Encoding': 'gzip' },
      body: gzipSync(body).subarray(0, -9),
    },
    'called gzip that is not': { headers: { 'Content-Encoding': 'gzip' } },
    'with a list for an object': { headers: {}, body: '[]' },
    'with null for an object': { headers: {}, body: 'null' },
    'without content-type': { headers: { 'Content-Type': '' } },
    'of JSON called text': { headers: { 'Content-Type': 'text/plain' } },
    'with status 204': { headers: {}, status: 204 },
    'with a redirect to nowhere': { headers: {}, status: 302 },
  }
  for (const [what, { headers, status = 200, ...rest }] of Object.entries(answers)) {
    it(`${what} is a bad reply`, () =>
      withServer(
        (_, response) =>
          response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(rest.body ?? body),
        async (url) => assert.equal((await failure(fetchFrom([url]))).exit, 'bad-reply'),
      ))
  }

  it('may say its character set', () =>
    withServer(
      (_, response) => response.writeHead(200, { 'Content-Type': 'application/json;charset=utf-8' }).end(body),
      async (url) => assert.deepEqual((await fetchFrom([url])).reply.apps, [{ id: '/a' }]),
    ))

  it('cut off between two chunks is a bad reply', () =>
    withServer(
      (request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.write(body, () => request.socket.destroy())
      },
      async (url) => assert.match((await failure(fetchFrom([url]))).message, /cut off/),
    ))

  it('may be just as large as the limit, compressed or not', () =>
    withServer(
      (request, response) => {
        const gzip = request.url?.startsWith('/gzip')
        response.writeHead(200, { 'Content-Type': 'application/json', ...(gzip && { 'Content-Encoding': 'gzip' }) })
        response.end(gzip ? gzipSync(body) : body)
      },
      async (url) => {
        for (const base of [url, `${url}/gzip`]) {
          assert.equal((await fetchFrom([base], { maxBytes: 64 })).reply.apps.length, 1)
          assert.match(
            (await failure(fetchFrom([base], { maxBytes: body.length - 1 }))).message,
            /larger than 21 bytes/,
          )
        }
        assert.equal((await fetchFrom([url], { maxBytes: body.length })).reply.apps.length, 1)
      },
    ))

  it('that is not HTTP is a bad reply', async () => {
    const { port, close } = await listen(
      createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
      0,
    )
    assert.equal((await failure(fetchFrom([`http://127.0.0.1:${port}`]))).exit, 'bad-reply')
    await close()
  })
})

describe('redirects', () => {
  it('are followed to another port of the same host, with the credentials', () =>
    withMarathon({ basic: 'user:password' }, (target) =>
      withMarathon({}, async (marathon) => {
        marathon.fault = 'redirect-elsewhere'
        marathon.redirectTo = `${target.url}/v2/apps?embed=apps.tasks`
        assert.deepEqual((await fetchFrom([marathon.url], { auth: 'user:password' })).reply.apps, apps)
      }),
    ))

  it('are followed three times', () =>
    withMarathon({}, async (marathon) => {
      marathon.fault = 'redirect-elsewhere'
      marathon.redirectTo = '/again'
      assert.match((await failure(fetchFrom([marathon.url]))).message, /more than 3 redirects/)
      assert.equal(marathon.requests.length, 4)
    }))

  it('never take credentials to another host', () =>
    withMarathon({}, (other) =>
      withMarathon({}, async (marathon) => {
        marathon.fault = 'redirect-elsewhere'
        marathon.redirectTo = `${other.url.replace('127.0.0.1', 'localhost')}/v2/apps`
        const error = await failure(fetchFrom([marathon.url], { auth: 'user:password' }))
        assert.equal(error.exit, 'bad-reply')
        assert.equal(other.requests.length, 0)
      }),
    ))
})

describe('several URLs', () => {
  it('are tried in order until one replies', () =>
    withMarathon({}, (second) =>
      withMarathon({}, async (first) => {
        first.fault = '503-json'
        const { url } = await fetchFrom([refused, first.url, second.url])
        assert.equal(url, second.url)
      }),
    ))

  it('share the time, so that one that hangs leaves some for the next', () =>
    withMarathon({}, (second) =>
      withMarathon({}, async (first) => {
        first.fault = 'hang'
        const { url } = await fetchFrom([first.url, second.url], {}, 1000)
        assert.equal(url, second.url)
      }),
    ))

  it('that all hang end with the time', () =>
    withMarathon({}, async (marathon) => {
      marathon.fault = 'hang'
      const start = performance.now()
      const error = await failure(fetchFrom([marathon.url, marathon.url, marathon.url], {}, 300))
      assert.equal(error.exit, 'unavailable')
      assert(performance.now() - start < 20_000)
    }))

  it('pass over a reply without apps', () =>
    withMarathon({}, (second) =>
      withMarathon({}, async (first) => {
        first.fault = 'empty-apps'
        assert.equal((await fetchFrom([first.url, second.url])).url, second.url)
      }),
    ))

  it('that reply without apps, or not at all, give a reply without apps', () =>
    withMarathon({}, (second) =>
      withMarathon({}, async (first) => {
        first.fault = '500-html'
        second.fault = 'empty-apps'
        for (const urls of [
          [first.url, second.url],
          [second.url, first.url],
          [second.url, second.url],
        ]) {
          const { url, reply } = await fetchFrom(urls)
          assert.deepEqual({ url, apps: reply.apps }, { url: second.url, apps: [] })
        }
      }),
    ))

  it('that all fail are all named, and the worst decides', () =>
    withMarathon({}, (second) =>
      withMarathon({}, async (first) => {
        first.fault = '404'
        second.fault = '401'
        const error = await failure(fetchFrom([refused, first.url, second.url]))
        assert.equal(error.exit, 'auth-refused')
        assert.equal(
          error.message,
          `no reply from Marathon (${refused}: connect ECONNREFUSED 127.0.0.1:1; ${first.url}: HTTP status 404; ` +
            `${second.url}: HTTP status 401): check --auth-file, --token-file or --dcos-credentials-file`,
        )
        assert.equal((await failure(fetchFrom([refused, first.url]))).exit, 'bad-reply')
        assert.equal((await failure(fetchFrom([refused]))).exit, 'unavailable')
      }),
    ))
})

describe('the connection', () => {
  it('is cut at the end of the time, TLS or not, also where the server says nothing at all', async () => {
    const connections: Socket[] = []
    const silent = createTcpServer((socket) => connections.push(socket.on('error', () => {}).resume()))
    const { port, close } = await listen(silent, 0)
    for (const scheme of ['http', 'https']) {
      const accepted = once(silent, 'connection')
      const error = await failure(fetchFrom([`${scheme}://127.0.0.1:${port}`], {}, 200))
      assert.match(error.message, /no complete answer within 0\.2 s/)
      await accepted
      const socket = connections.pop()
      if (socket && !socket.closed) await once(socket, 'close')
    }
    await close()
  })

  it('goes to the address that DNS gives a name', () =>
    withMarathon({}, async (marathon) => {
      const dns = await startDns({ 'marathon.test': { a: ['127.0.0.1'] }, 'silent.test': { fail: 'timeout' } })
      const names = { servers: [dns.address], hostsFile: '/nonexistent', resolvConf: '/nonexistent' }
      const named = (name: string) => marathon.url.replace('127.0.0.1', name)
      assert.equal((await fetchFrom([named('marathon.test')], { names })).url, named('marathon.test'))
      assert.match((await failure(fetchFrom([named('none.test')], { names }))).message, /ENOTFOUND.*none\.test/)
      assert.equal((await failure(fetchFrom([named('silent.test')], { names }, 200))).exit, 'unavailable')
      await dns.close()
    }))

  it('goes to localhost without any DNS', () =>
    withMarathon({}, async (marathon) => {
      const url = marathon.url.replace('127.0.0.1', 'localhost')
      assert.equal((await fetchFrom([url])).url, url)
    }))
})

describe('TLS', () => {
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'client-test-'))
  })
  after(() => rmSync(dir, { recursive: true }))

  it('is verified with the given certificates, by address and by name', async () => {
    const tls = createCertificate(dir, 'marathon', ['DNS:marathon.test', 'IP:127.0.0.1'])
    const other = createCertificate(dir, 'other')
    const ca = readFileSync(tls.cert, 'utf8')
    const dns = await startDns({ 'marathon.test': { a: ['127.0.0.1'] }, 'wrong.test': { a: ['127.0.0.1'] } })
    const names = { servers: [dns.address], hostsFile: '/nonexistent', resolvConf: '/nonexistent' }
    await withMarathon({ tls }, async (marathon) => {
      const named = (name: string) => marathon.url.replace('127.0.0.1', name)
      assert.equal((await fetchFrom([marathon.url], { ca })).reply.apps.length, 2)
      assert.equal((await fetchFrom([named('marathon.test')], { ca, names })).reply.apps.length, 2)
      const untrusted = [
        fetchFrom([named('wrong.test')], { ca, names }),
        fetchFrom([marathon.url], { ca: readFileSync(other.cert, 'utf8') }),
        fetchFrom([marathon.url]),
      ]
      const errors = await Promise.all(untrusted.map(failure))
      assert.deepEqual(
        errors.map(({ exit }) => exit),
        ['unavailable', 'unavailable', 'unavailable'],
      )
      assert.equal(marathon.requests.length, 2)
    })
    await dns.close()
  })

  it('is never left by a redirect', async () => {
    const tls = createCertificate(dir)
    await withMarathon({ tls }, (marathon) =>
      withMarathon({}, async (plain) => {
        marathon.fault = 'redirect-elsewhere'
        marathon.redirectTo = plain.url
        const error = await failure(fetchFrom([marathon.url], { ca: readFileSync(tls.cert, 'utf8') }))
        assert.match(error.message, /a redirect to http:/)
        assert.equal(plain.requests.length, 0)
      }),
    )
  })
})
