import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { type Asking, get } from '../support/echo-app.js'
import { labels } from '../support/labels.js'
import { type RoutedSite, startRoutedSite } from '../support/routed-site.js'

describe('routing with a real HAProxy', () => {
  let site: RoutedSite
  let warnings: string

  before(async () => {
    site = await startRoutedSite()
    warnings = await site.route({
      '/web': { labels: labels({ VHOST: 'web.test,www.web.test' }) },
      '/other': { labels: labels({ VHOST: 'other.test' }) },
      '/some': { labels: labels({ VHOST: 'web.test', PATH: '/some' }) },
      '/more': { labels: labels({ VHOST: 'web.test', PATH: '/some/more /else' }) },
      '/only': { labels: labels({ VHOST: 'only.test', PATH: '/some' }) },
      '/odd': { labels: labels({ VHOST: 'web.test', PATH: "/o.d(d)/%20it's" }) },
      '/heavy': { labels: labels({ VHOST: 'heavy.test', BACKEND_WEIGHT: '5' }) },
      '/light': { labels: labels({ VHOST: 'heavy.test', PATH: '/light' }) },
      '/top': { labels: labels({ VHOST: 'top.test', PATH: '/top', BACKEND_WEIGHT: '3' }) },
      '/below': { labels: labels({ VHOST: 'top.test', PATH: '/top/below', BACKEND_WEIGHT: '2' }) },
      '/above': { labels: labels({ VHOST: 'top.test', PATH: '/top/above', BACKEND_WEIGHT: '4' }) },
      '/root': { labels: labels({ MODE: 'http' }) },
      '/group/root': { labels: labels({ MODE: 'http' }) },
      '/tcp': { labels: labels({ MODE: 'tcp' }) },
    })
  })

  after(() => site.end())

  /** Which app answers on the http frontend, or the status where it is HAProxy itself. */
  async function answers(path: string, asking: Asking, port = site.httpPort): Promise<string | number> {
    const { seen, status } = await get(port, path, asking)
    return seen?.name ?? status
  }

  it('goes by the host, with a port or without, in small letters or capitals', async () => {
    for (const host of [
      'web.test',
      'www.web.test',
      'WEB.Test',
      `web.test:${site.httpPort}`,
      'Web.test:1',
      'web.test:',
    ]) {
      assert.equal(await answers('/', { host }), '/web', host)
      assert.equal(await answers('/', { host, tls: true }, site.httpsPort), '/web', host)
    }
    assert.equal(await answers('/', { host: 'other.test' }), '/other')
  })

  it('answers 503 to a host that nobody has', async () => {
    const hosts = ['unknown.test', 'web', 'a.web.test', 'xweb.test', '', 'web_0', '/web']
    for (const host of hosts) {
      assert.equal(await answers('/', { host }), 503, host)
      assert.equal(await answers('/some', { host, tls: true }, site.httpsPort), 503, host)
    }
  })

  it('goes by a path at the end of a segment, whatever follows, and gives the app the whole of it', async () => {
    for (const path of [
      '/some',
      '/some/',
      '/some?x',
      '/some/?x',
      '/some/x',
      '/some//x',
      '/some/mor',
      '/some/moreover',
    ]) {
      const { seen } = await get(site.httpPort, path, { host: 'web.test' })
      assert.deepEqual([seen?.name, seen?.path], ['/some', path])
    }
    for (const path of ['/something', '/som', '/', '/?/some', '/Some', '//some', '/x/some', '/some%2Fx', '/some;x'])
      assert.equal(await answers(path, { host: 'web.test' }), '/web', path)
    assert.equal(await answers("/o.d(d)/%20it's/x", { host: 'web.test' }), '/odd')
    assert.equal(await answers("/oxd(d)/%20it's/x", { host: 'web.test' }), '/web')
  })

  it('goes by the longest path of a host, and by no path of another host', async () => {
    for (const path of ['/some/more', '/some/more/x', '/else']) {
      assert.equal(await answers(path, { host: 'WEB.test:80' }), '/more', path)
      assert.equal(await answers(path, { host: 'www.web.test' }), '/web', path)
      assert.equal(await answers(path, { host: 'unknown.test' }), 503, path)
    }
    assert.equal(await answers('/some', { host: 'only.test' }), '/only')
    assert.equal(await answers('/', { host: 'only.test' }), 503)
  })

  it('goes by weight before length, and says which rules can never match', async () => {
    for (const path of ['/', '/light', '/light/x']) assert.equal(await answers(path, { host: 'heavy.test' }), '/heavy')
    assert.equal(await answers('/top/below/x', { host: 'top.test' }), '/top')
    assert.equal(await answers('/top/above/x', { host: 'top.test' }), '/above')
    assert.match(
      warnings,
      /\/light port 0 does not get host heavy\.test path \/light: \/heavy port 0, by its larger weight/,
    )
    assert.match(
      warnings,
      /\/below port 0 does not get host top\.test path \/top\/below: \/top port 0, by its larger weight/,
    )
    assert.equal(warnings.match(/does not get/g)?.length, 2, warnings)
  })

  it('serves a path of 9 kB', async () => {
    const long = 'x'.repeat(9000)
    for (const [path, name] of [
      ['/', '/web'],
      ['/some/', '/some'],
      ['/some/more/', '/more'],
      ['/some', '/web'],
    ]) {
      const { status, seen } = await get(site.httpPort, `${path}${long}`, { host: 'web.test' })
      assert.deepEqual([status, seen?.name, seen?.path.length], [200, name, `${path}${long}`.length])
    }
  })

  it('is the same for an absolute URL, for HTTP/2, and for a client that names the host in its TLS handshake only', async () => {
    assert.equal(await answers('http://web.test/some', { host: 'web.test' }), '/some')
    const session = connect(`https://127.0.0.1:${site.httpsPort}`, {
      servername: 'web.test',
      rejectUnauthorized: false,
    })
    const stream = session.request({ ':path': '/some/more', ':authority': 'WEB.test:443' })
    assert.equal(JSON.parse(await text(stream)).name, '/more')
    session.close()
    const socket = connectTls({
      port: site.httpsPort,
      host: '127.0.0.1',
      servername: 'web.test',
      rejectUnauthorized: false,
    })
    socket.end('GET /some HTTP/1.0\r\n\r\n')
    assert.match(await text(socket), /"name":"\/some"/)
  })

  it('lets no client write what the route is looked up by, and hides it from apps', async () => {
    const headers = { 'x-route-key': 'web.test/some/' }
    assert.equal(await answers('/', { host: 'web.test', headers }), '/web')
    for (const path of ['/', '/some']) {
      const { seen } = await get(site.httpPort, path, { host: 'web.test', headers })
      assert.equal(seen?.headers['x-route-key'], undefined)
    }
  })

  it('tells the app where the request came from, whatever the client says of it', async () => {
    const host = 'web.test'
    const lies = { host, headers: { 'x-forwarded-proto': 'gopher', 'x-forwarded-port': '1' } }
    const appId = { headers: { ...lies.headers, 'x-marathon-app-id': '/web' } }
    const entrances: [number, Asking, string][] = [
      [site.httpPort, lies, 'http'],
      [site.httpsPort, { ...lies, tls: true }, 'https'],
      [site.portOf('/web'), lies, 'http'],
      [site.appIdPort, appId, 'http'],
    ]
    for (const [port, asking, proto] of entrances) {
      const { seen } = await get(port, '/', asking)
      const given = ['for', 'proto', 'port'].map((what) => seen?.headers[`x-forwarded-${what}`])
      assert.deepEqual(given, ['127.0.0.1', proto, String(port)])
    }
    const behind = await get(site.httpPort, '/', { host, headers: { 'x-forwarded-for': '10.0.0.1' } })
    assert.equal(behind.seen?.headers['x-forwarded-for'], '10.0.0.1, 127.0.0.1')
  })

  it('goes by app id on the frontend for that, in small letters or capitals, and by nothing else there', async () => {
    const byId = (id: string, more: Asking = {}) =>
      answers('/some', { ...more, headers: { 'x-marathon-app-id': id } }, site.appIdPort)
    for (const id of ['/web', '/WEB', '/Group/Root', '/root', '/light'])
      assert.equal(await byId(id, { host: 'other.test' }), id.toLowerCase())
    for (const id of ['web', '/', '/group', '/web/', '/unknown', '/tcp', 'root', 'web.test', ''])
      assert.equal(await byId(id, { host: 'web.test' }), 503, id)
    assert.equal(await answers('/', { host: 'web.test' }, site.appIdPort), 503)
  })

  it('never takes a host for an app id, nor an app id for a host', async () => {
    for (const port of [site.httpPort, site.appIdPort]) {
      assert.equal(await answers('/', { host: '/root' }, port), 503)
      assert.equal(await answers('/root', { host: '' }, port), 503)
    }
    const headers = { 'x-marathon-app-id': '/root' }
    assert.equal(await answers('/', { host: 'unknown.test', headers }), 503)
    assert.equal(await answers('/', { host: 'web.test', headers }), '/web')
  })

  it('leads every client of a service port to its app', async () => {
    for (const id of ['/web', '/only', '/light', '/tcp', '/root'])
      assert.equal(await answers('/else', { host: 'web.test' }, site.portOf(id)), id)
  })
})
