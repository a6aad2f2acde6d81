import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Asking, type Got, get } from '../support/echo-app.js'
import { authOfBob, labels } from '../support/labels.js'
import { type RoutedApp, type RoutedSite, startRoutedSite } from '../support/routed-site.js'

const auth = authOfBob('My realm')

/** More than a line holds, with the one that counts in the last. */
const networks = (last: string): string =>
  [...Array.from({ length: 60 }, (_, at) => `10.0.${at}.0/24`), 'fd00::/8', last].join(' ')

describe('what labels demand, with a real HAProxy', () => {
  let site: RoutedSite
  let apps: Record<string, RoutedApp>

  before(async () => {
    site = await startRoutedSite()
    apps = {
      '/web': { labels: labels({ VHOST: 'web.test' }) },
      '/auth': { labels: labels({ VHOST: 'web.test', PATH: '/auth', AUTH: auth }) },
      '/near': { labels: labels({ VHOST: 'near.test', BACKEND_NETWORK_ALLOWED_ACL: networks('127.0.0.2') }) },
      '/tcp': { labels: labels({ MODE: 'tcp', BACKEND_NETWORK_ALLOWED_ACL: networks('127.0.0.2/31') }) },
      '/to-https': { labels: labels({ VHOST: 'web.test,hsts.test', PATH: '/to', REDIRECT_TO_HTTPS: 'true' }) },
      '/hsts': { labels: labels({ VHOST: 'hsts.test', USE_HSTS: 'true' }) },
      '/all': {
        labels: labels({
          VHOST: 'all.test',
          BACKEND_NETWORK_ALLOWED_ACL: '127.0.0.2',
          REDIRECT_TO_HTTPS: 'true',
          AUTH: auth,
          HTTP_BACKEND_REDIR: '/welcome',
        }),
      },
      '/sticky': { labels: labels({ VHOST: 'sticky.test', STICKY: 'true' }), tasks: 3 },
      '/in': {
        labels: labels({
          VHOST: 'in.test,www.in.test',
          HTTP_BACKEND_PROXYPASS_PATH: "/i.n%20(it's)",
          HTTP_BACKEND_REVPROXY_PATH: "/i.n%20(it's)",
        }),
      },
      '/redir': { labels: labels({ VHOST: 'redir.test', HTTP_BACKEND_REDIR: "/it's?100%25#x" }) },
      '/certified': {
        labels: labels({ MODE: 'http', SSL_CERT: site.certificate, BIND_OPTIONS: 'ssl-min-ver TLSv1.2' }),
      },
      '/blue': { labels: { ...labels({ VHOST: 'color.test', STICKY: 'true' }), HAPROXY_DEPLOYMENT_GROUP: 'color' } },
    }
    await site.route(apps)
  })

  after(() => site.end())

  const onHttp = (path: string, asking: Asking): Promise<Got> => get(site.httpPort, path, asking)
  const onHttps = (path: string, asking: Asking): Promise<Got> => get(site.httpsPort, path, { ...asking, tls: true })
  const byAppId = (id: string, asking: Asking = {}): Promise<Got> =>
    get(site.appIdPort, '/', { ...asking, headers: { ...asking.headers, 'x-marathon-app-id': id } })

  /** Everywhere that an app with this host can be reached. */
  const everywhere = (id: string, path: string, asking: Asking): Promise<Got[]> =>
    Promise.all([onHttp(path, asking), onHttps(path, asking), get(site.portOf(id), path, asking), byAppId(id, asking)])

  const statuses = (answers: Got[]): number[] => answers.map(({ status }) => status)
  const basic = (credentials: string) => ({ authorization: `Basic ${btoa(credentials)}` })

  it('AUTH asks for a password wherever the app can be reached, and nowhere else', async () => {
    const host = 'web.test'
    for (const headers of [{}, basic('bob:wrong'), basic('alice:secret'), basic('bob:')]) {
      const answers = await everywhere('/auth', '/auth', { host, headers })
      assert.deepEqual(statuses(answers), [401, 401, 401, 401])
      for (const answer of answers) assert.equal(answer.headers['www-authenticate'], 'Basic realm="My realm"')
    }
    for (const { seen } of await everywhere('/auth', '/auth', { host, headers: basic('bob:secret') }))
      assert.equal(seen?.name, '/auth')
    assert.equal((await onHttp('/authors', { host })).seen?.name, '/web')
  })

  it('an allow list keeps everybody else out, over http and over tcp', async () => {
    const host = 'near.test'
    assert.deepEqual(statuses(await everywhere('/near', '/', { host })), [403, 403, 403, 403])
    assert.deepEqual(statuses(await everywhere('/near', '/', { host, from: '127.0.0.2' })), [200, 200, 200, 200])
    for (const from of ['127.0.0.2', '127.0.0.3'])
      assert.equal((await get(site.portOf('/tcp'), '/', { from })).seen?.name, '/tcp')
    for (const from of ['127.0.0.1', '127.0.0.4'])
      await assert.rejects(get(site.portOf('/tcp'), '/', { from }), { code: 'ECONNRESET' })
  })

  it('REDIRECT_TO_HTTPS redirects its own app only, with path and query, without the port of the host', async () => {
    for (const host of ['web.test', 'WEB.test:8080', `hsts.test:${site.httpPort}`]) {
      const { status, headers } = await onHttp('/to/x/?a=b%20c&d', { host })
      const name = host.toLowerCase().replace(/:.*/, '')
      assert.deepEqual([status, headers.location], [301, `https://${name}:${site.httpsPort}/to/x/?a=b%20c&d`])
    }
    for (const path of ['/', '/too', '/x/to'])
      assert.equal((await onHttp(path, { host: 'web.test' })).seen?.name, '/web')
  })

  it('REDIRECT_TO_HTTPS leaves alone what came with https, by the service port, or by app id', async () => {
    const others = [onHttps('/to', { host: 'web.test' }), get(site.portOf('/to-https'), '/to'), byAppId('/to-https')]
    for (const { seen } of await Promise.all(others)) assert.equal(seen?.name, '/to-https')
  })

  it('USE_HSTS is said over https only, for its own app only', async () => {
    const asked = async (answer: Promise<Got>) => (await answer).headers['strict-transport-security']
    assert.equal(await asked(onHttps('/', { host: 'hsts.test' })), 'max-age=15768000')
    assert.equal(await asked(onHttp('/', { host: 'hsts.test' })), undefined)
    assert.equal(await asked(onHttps('/to', { host: 'hsts.test' })), undefined)
    assert.equal(await asked(get(site.portOf('/hsts'), '/')), undefined)
  })

  it('who is not allowed is told nothing else, and who must change to https is asked no password before', async () => {
    const [host, from] = ['all.test', '127.0.0.2']
    assert.deepEqual(statuses([await onHttp('/', { host }), await onHttps('/', { host })]), [403, 403])
    const redirected = await onHttp('/', { host, from })
    assert.deepEqual([redirected.status, redirected.headers.location], [301, `https://all.test:${site.httpsPort}/`])
    assert.equal((await onHttps('/', { host, from })).status, 401)
    const welcomed = await onHttps('/', { host, from, headers: basic('bob:secret') })
    assert.deepEqual([welcomed.status, welcomed.headers.location], [301, '/welcome'])
    assert.equal((await onHttps('/welcome', { host, from, headers: basic('bob:secret') })).seen?.name, '/all')
  })

  it('STICKY keeps a client at the server it came to first, which does not see how', async () => {
    const host = 'sticky.test'
    const met = new Set<string | undefined>()
    for (let client = 0; client < 6; client++) {
      const first = await onHttp('/', { host })
      const [pinned = '', ...rest] = first.headers['set-cookie'] ?? []
      assert.match(pinned, /^mesosphere_server_id=[0-9a-f]{10}; path=\/; HttpOnly$/)
      assert.deepEqual(rest, [])
      met.add(first.seen?.name)
      for (let time = 0; time < 3; time++) {
        const again = await onHttp('/', { host, headers: { cookie: `mine=1; ${pinned.replace(/;.*/, '')}` } })
        assert.equal(again.seen?.name, first.seen?.name)
        assert.equal(again.seen?.headers.cookie, 'mine=1')
        assert.equal(again.headers['set-cookie'], undefined)
      }
    }
    assert.deepEqual([...met].sort(), ['/sticky', '/sticky 1', '/sticky 2'])
  })

  const prefix = "/i.n%20(it's)"

  it('PROXYPASS takes its path off at the end of a segment, and nothing else', async () => {
    const rest = ['', '/', '/x/y', '//x', '?a=/b', '/?a', '/x?a%20b', `${prefix}/x`, `/${'x'.repeat(9000)}`]
    const untouched = ['/', '/x', `${prefix}ner`, `/x${prefix}/y`, "/ixn%20(it's)/x", '/I.n']
    const paths: [string, string][] = [
      ...rest.map((after): [string, string] => [`${prefix}${after}`, after.startsWith('/') ? after : `/${after}`]),
      ...untouched.map((path): [string, string] => [path, path]),
    ]
    for (const [path, seenPath] of paths) {
      const answers = [await onHttp(path, { host: 'in.test' }), await get(site.portOf('/in'), path)]
      for (const { seen } of answers) assert.equal(seen?.path, seenPath, path)
    }
  })

  it('REVPROXY puts its path before locations of its own hosts that have it not', async () => {
    const given: Record<string, string> = {
      '/': `${prefix}/`,
      '/x/y?a=b#c': `${prefix}/x/y?a=b#c`,
      '/?a': `${prefix}/?a`,
      'http://in.test': prefix,
      'http://in.test/x': `${prefix}/x`,
      'https://WWW.in.test:8443/x?a': `${prefix}/x?a`,
      [`http://in.test${prefix}/x`]: `${prefix}/x`,
      [`${prefix}ner/x`]: `${prefix}${prefix}ner/x`,
      "/ixn%20(it's)/x": `${prefix}/ixn%20(it's)/x`,
    }
    const untouched = [
      prefix,
      `${prefix}/`,
      `${prefix}/x`,
      `${prefix}?a`,
      `${prefix}#a`,
      'x/y',
      '?a',
      '//in.test.evil/x',
    ]
    const foreign = [
      'http://other.test/x',
      'https://in.test.evil/x',
      'http://evil/in.test',
      'mailto:bob@in.test',
      '//evil/x',
    ]
    for (const location of [...untouched, ...foreign]) given[location] = location
    for (const [location, wanted] of Object.entries(given)) {
      const answer = await onHttp('/', { host: 'in.test', headers: { 'x-answer-location': location } })
      assert.equal(answer.headers.location, wanted, location)
    }
    const other = await onHttp('/', { host: 'web.test', headers: { 'x-answer-location': '/x' } })
    assert.equal(other.headers.location, '/x')
  })

  it('REDIR sends a client from the root of a host elsewhere, and from nowhere else', async () => {
    for (const path of ['/', '/?a=b']) {
      for (const answer of [await onHttp(path, { host: 'redir.test:1' }), await onHttps(path, { host: 'redir.test' })])
        assert.deepEqual([answer.status, answer.headers.location], [301, "/it's?100%25#x"])
    }
    const others = [onHttp('/x', { host: 'redir.test' }), get(site.portOf('/redir'), '/'), byAppId('/redir')]
    for (const { seen } of await Promise.all(others)) assert.equal(seen?.name, '/redir')
  })

  it('SSL_CERT makes a service port one for TLS alone', async () => {
    const port = site.portOf('/certified')
    const { seen } = await get(port, '/', { tls: true })
    assert.deepEqual([seen?.name, seen?.headers['x-forwarded-proto']], ['/certified', 'https'])
    await assert.rejects(get(port, '/'), { code: 'ECONNRESET' })
  })

  it('an app that is being replaced keeps the clients that it has, and gets no new one', async () => {
    const host = 'color.test'
    const [pinned = ''] = (await onHttp('/', { host })).headers['set-cookie'] ?? []
    const green = { HAPROXY_DEPLOYMENT_GROUP: 'color', HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-01T00:00:00' }
    await site.route({ ...apps, '/green': { labels: { ...green, HAPROXY_DEPLOYMENT_TARGET_INSTANCES: '1' } } })
    for (let client = 0; client < 4; client++) {
      const answers = await Promise.all([onHttp('/', { host }), get(site.portOf('/blue'), '/'), byAppId('/blue')])
      for (const { seen } of answers) assert.equal(seen?.name, '/green')
    }
    const old = await onHttp('/', { host, headers: { cookie: pinned.replace(/;.*/, '') } })
    assert.equal(old.seen?.name, '/blue')
  })
})
