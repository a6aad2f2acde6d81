import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { app, httpCheck } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { startHaproxy, stopAll } from '../support/haproxy.js'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import { startMarathon, type TestMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { runProgram } from '../support/program.js'
import { bootConfig, createSite, type Site } from '../support/site.js'

type Health = 'healthy' | 'unhealthy' | 'unknown'

interface Got {
  status: number | undefined
  headers: IncomingHttpHeaders
  body: string
}

const markerOf = (text: string): string | undefined => /haproxy-updater sha256:\w+/.exec(text)?.[0]

describe('a run with a real HAProxy', () => {
  let site: Site
  let marathon: TestMarathon
  let haproxy: Awaited<ReturnType<typeof startHaproxy>>
  let red: HttpApp
  let blue: HttpApp
  let args: string[]
  let ports: { web: number; tcp: number; six: number }

  before(async () => {
    site = await createSite()
    ;[red, blue] = [await startHttpApp('red'), await startHttpApp('blue')]
    ports = { web: await freePort(), tcp: await freePort(), six: await freePort() }
    marathon = await startMarathon([web(1)])
    writeFileSync(site.live, bootConfig(site, await freePort()))
    haproxy = await startHaproxy(site.live, site)
    args = [...site.args, '--marathon', marathon.url, '--ssl-cert', createCertificate(site.dir).pem]
  })

  after(async () => {
    await stopAll()
    await Promise.all([marathon, red, blue].map((server) => server.close()))
    site.remove()
  })

  const web = (count: number) =>
    app('/shop/web', {
      ports: [ports.web],
      labels: { HAPROXY_0_VHOST: 'web.test, WWW.test' },
      healthChecks: [{ ...httpCheck, path: '/health' }],
      tasks: [red, blue].slice(0, count).map(({ port }) => ({ ports: [port] })),
    })

  const run = (...more: string[]) => runProgram([...args, ...more])
  const workerPid = async () => /^Pid: \d+$/m.exec(await haproxy.ask(site.statsSocket, 'show info'))?.[0]
  const live = (): string => readFileSync(site.live, 'utf8')

  function get(port: number, path: string, host: string, tls = false): Promise<Got> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, headers: { host }, agent: false, rejectUnauthorized: false }
      const asked = (tls ? httpsRequest : httpRequest)({ ...options, servername: 'web.test' }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text) => {
          body += text
        })
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
      })
      asked.on('error', reject).end()
    })
  }

  it('makes what Marathon runs reachable by host name, over http and https, and by service port', async () => {
    assert.equal((await run()).status, 0)
    for (const host of ['web.test', 'www.test', `WEB.test:${site.httpPort}`]) {
      assert.equal((await get(site.httpPort, '/', host)).body, 'red', host)
      assert.equal((await get(site.httpsPort, '/', host, true)).body, 'red', host)
    }
    assert.equal((await get(ports.web, '/', 'anything')).body, 'red')
    assert.equal((await get(site.httpPort, '/', 'other.test')).status, 503)
    assert.equal(await haproxy.running(), markerOf(live()))
  })

  it('tells the app where the request came from', async () => {
    const http = JSON.parse((await get(site.httpPort, '/headers', 'web.test')).body)
    assert.equal(http['x-forwarded-for'], '127.0.0.1')
    assert.equal(http['x-forwarded-proto'], 'http')
    assert.equal(http['x-forwarded-port'], String(site.httpPort))
    const https = JSON.parse((await get(site.httpsPort, '/headers', 'web.test', true)).body)
    assert.equal(https['x-forwarded-proto'], 'https')
    assert.equal(https['x-forwarded-port'], String(site.httpsPort))
  })

  it('has a health URI and a stats page on loopback', async () => {
    assert.equal((await get(site.httpPort, '/_haproxy_health_check', 'any')).status, 200)
    assert.match((await get(site.statsPort, '/', 'any')).body, /Statistics Report/)
  })

  it('follows a scaling, and leaves HAProxy alone when nothing changed', async () => {
    marathon.apps = [web(2)]
    assert.match((await run()).stderr, /\+1 server; HAProxy runs it/)
    const bodies = new Set<string>()
    for (let i = 0; i < 4; i++) bodies.add((await get(site.httpPort, '/', 'web.test')).body)
    assert.deepEqual([...bodies].sort(), ['blue', 'red'])
    // The first run that finds nothing to change remembers what it saw.
    assert.equal((await run()).status, 0)
    const [before, worker] = [site.tree(), await workerPid()]
    assert.equal((await run()).status, 0)
    assert.equal(await workerPid(), worker)
    const { 'state/success': _, ...rest } = site.tree()
    const { 'state/success': __, ...restBefore } = before
    assert.deepEqual(rest, restBefore)
  })

  it('checks servers as Marathon checks tasks', async () => {
    const text = live()
    assert.match(text, /option httpchk GET \/health\n/)
    assert.match(text, /server 127\.0\.0\.1_\d+ 127\.0\.0\.1:\d+ check inter \d+s fall \d+\n/)
  })

  it('serves tcp apps and IPv6 servers', async () => {
    const six = await import('node:http').then(({ createServer }) => createServer((_, response) => response.end('six')))
    await new Promise<void>((resolve) => six.listen(0, '::1', resolve))
    const address = six.address()
    const port = typeof address === 'object' && address ? address.port : 0
    marathon.apps = [
      web(2),
      app('/six', { ports: [ports.six], labels: { HAPROXY_0_MODE: 'http' }, tasks: [{ host: '::1', ports: [port] }] }),
      app('/tcp', { ports: [ports.tcp], tasks: [{ ports: [red.port] }] }),
    ]
    try {
      assert.equal((await run()).status, 0)
      assert.match(live(), /server ::1_\d+ \[::1\]:\d+\n/)
      assert.equal((await get(ports.six, '/', 'any')).body, 'six')
      assert.equal((await get(ports.tcp, '/', 'any')).body, 'red')
    } finally {
      six.close()
    }
  })

  it('starts HAProxy with names that do not resolve: left out with --resolve on, without an address with off', async () => {
    marathon.apps = [web(2), app('/lost', { ports: [ports.tcp], tasks: [{ host: 'agent.invalid', ports: [31000] }] })]
    const resolved = await run()
    assert.equal(resolved.status, 0)
    assert.match(resolved.stderr, /warning: agent agent\.invalid has no address/)
    assert.doesNotMatch(live(), /agent\.invalid/)
    assert.equal((await run('--resolve', 'off')).status, 0)
    assert.match(live(), /server agent\.invalid_31000 agent\.invalid:31000 init-addr last,libc,none\n/)
    assert.equal((await get(site.httpPort, '/', 'web.test')).status, 200)
  })

  it('takes sections from the operator and the rest from Marathon', async () => {
    const own = join(site.dir, 'own')
    mkdirSync(own)
    const extra = await freePort()
    const statics = `frontend ours\n  mode http\n  bind 127.0.0.1:${extra}\n  http-request return status 200 content-type text/plain string ours\n\n`
    const packaged = readFileSync(join(import.meta.dirname, '../../templates/stats.cfg.njk'), 'utf8')
    writeFileSync(join(own, 'stats.cfg.njk'), statics + packaged)
    assert.equal((await run('--templates', own)).status, 0)
    assert.equal((await get(extra, '/', 'any')).body, 'ours')
    assert.equal((await get(site.httpPort, '/', 'web.test')).status, 200)
    assert.equal((await run()).status, 0)
  })

  it('routes only what is asked for: groups, and enabled ports', async () => {
    const inside = app('/inside', {
      ports: [ports.tcp],
      labels: { HAPROXY_GROUP: 'internal' },
      tasks: [{ ports: [red.port] }],
    })
    const on = app('/on', { ports: [ports.six], labels: { HAPROXY_0_ENABLED: 'true' }, tasks: [{ ports: [red.port] }] })
    marathon.apps = [web(2), inside, on]
    await run('--group', 'internal', '--group', 'other')
    assert.deepEqual(backends(), ['inside_0'])
    await run('--require-enabled')
    assert.deepEqual(backends(), ['on_0'])
    await run()
    assert.deepEqual(backends(), ['inside_0', 'on_0', 'shop_web_0'])
  })

  const backends = (): string[] => [...live().matchAll(/^backend (\S+)/gm)].map((match) => match[1] ?? '')

  it('keeps tasks of unknown health that are live already, and leaves out new ones', async () => {
    const withHealth = (...health: Health[]) =>
      app('/h', {
        ports: [ports.tcp],
        healthChecks: [httpCheck],
        tasks: health.map((state, index) => ({ ports: [20000 + index], health: state })),
      })
    const serversOf = async (...health: Health[]): Promise<string[]> => {
      marathon.apps = [web(2), withHealth(...health)]
      assert.equal((await run()).status, 0)
      return [...live().matchAll(/server 127\.0\.0\.1_(200\d\d)/g)].map((match) => match[1] ?? '')
    }
    assert.deepEqual(await serversOf('healthy', 'unhealthy', 'unknown'), ['20000'])
    assert.deepEqual(await serversOf('unknown', 'unknown', 'unknown'), ['20000', '20001', '20002'])
    assert.deepEqual(await serversOf('healthy', 'unknown', 'unhealthy', 'unknown'), ['20000', '20001'])
    marathon.apps = [web(2)]
    await run()
  })

  it('prints what it would write with render, and writes it elsewhere with -o, map and all', async () => {
    const before = site.tree()
    const printed = await run('render')
    assert.equal(printed.status, 0)
    assert.equal(printed.stdout, live())
    const folder = join(site.dir, 'out')
    const written = await run('render', '-o', folder)
    assert.deepEqual([written.status, written.stdout], [0, ''])
    const files = readdirSync(folder).sort()
    assert.equal(files.length, 2)
    const map = /map\((\S+)\)/.exec(readFileSync(join(folder, 'haproxy.cfg'), 'utf8'))?.[1] ?? ''
    assert.ok(map.startsWith(folder) && existsSync(map), map)
    assert.deepEqual(
      Object.keys(site.tree()).filter((path) => !path.startsWith('out/')),
      Object.keys(before),
    )
  })

  it('takes options from a config file and the environment, flags first', async () => {
    const file = join(site.dir, 'updater.json')
    writeFileSync(file, JSON.stringify({ marathon: ['http://127.0.0.1:1'], 'http-port': 1, group: ['nobody'] }))
    const env = { HAPROXY_UPDATER_MARATHON: marathon.url, HAPROXY_UPDATER_GROUP: '*' }
    const withoutUrl = args.filter((word) => word !== '--marathon' && word !== marathon.url)
    const { status, stdout, stderr } = await runProgram(['render', ...withoutUrl, '--config', file], { env })
    assert.equal(status, 0, stderr)
    assert.match(stdout, new RegExp(`bind 127\\.0\\.0\\.1:${site.httpPort}\\n`))
    assert.match(stdout, /^backend shop_web_0$/m)
  })
})
