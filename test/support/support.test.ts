import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { existsSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { get as getByTls } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type AppSpec, app, httpCheck, type TaskSpec, task } from './apps.js'
import { createCertificate } from './certificate.js'
import { startDns, type TestDns, type Zone } from './dns.js'
import { type RunningHaproxy, startHaproxy, stopAll } from './haproxy.js'
import { type HttpApp, startHttpApp } from './http-app.js'
import { startLoad, type Totals } from './load.js'
import { type MarathonOptions, startMarathon, type TestMarathon } from './marathon.js'
import type { Fault } from './marathon-faults.js'
import { freePort } from './ports.js'
import { type Result, type RunOptions, runInTerminal, runProgram, startProgram } from './program.js'
import { bootConfig, createSite, type FileState, type Site } from './site.js'
import { until } from './wait.js'

const site = async (t: TestContext): Promise<Site> => {
  const created = await createSite()
  t.after(() => created.remove())
  return created
}

describe('marathon', () => {
  const marathon = async (t: TestContext, apps: unknown[], options?: MarathonOptions): Promise<TestMarathon> => {
    const started = await startMarathon(apps, options)
    t.after(() => started.close())
    return started
  }
  const embedded = '/v2/apps?embed=apps.tasks'
  const ask = async (url: string, authorization = ''): Promise<number> =>
    (await fetch(url, { headers: { authorization } })).status

  it('answers below its base path, with tasks only if they are asked for', async (t) => {
    const apps = [app('/web')]
    const { url, requests } = await marathon(t, apps, { basePath: '/service/marathon', gzip: true })
    const reply = await fetch(url + embedded)
    assert.equal(reply.headers.get('content-encoding'), 'gzip')
    assert.deepEqual(await reply.json(), { apps })
    assert.deepEqual(await (await fetch(`${url}/v2/apps`)).json(), {
      apps: [{ ...apps[0], tasks: undefined }].map(copy),
    })
    assert.equal(await ask(new URL('/v2/apps', url).href), 404)
    assert.equal(await ask(`${url}/v2/info`), 404)
    const paths = requests.map(({ path }) => path)
    assert.deepEqual(paths.slice(0, 2), [`/service/marathon${embedded}`, '/service/marathon/v2/apps'])
  })

  it('selects by label and lets its apps be replaced', async (t) => {
    const running = await marathon(t, [
      app('/a', { labels: { K: 'v', L: 'w' } }),
      app('/b', { labels: { K: 'x' } }),
      null,
    ])
    const ids = async (selector: string): Promise<unknown[]> => {
      const { apps } = (await (await fetch(`${running.url}/v2/apps?label=${selector}`)).json()) as {
        apps: { id: string }[]
      }
      return apps.map((one) => one?.id)
    }
    assert.deepEqual(await ids('K==v'), ['/a'])
    assert.deepEqual(await ids('K==v,L==nope'), [])
    running.apps = [app('/c')]
    assert.deepEqual(await ids(''), ['/c'])
  })

  it('wants the credentials that it was given', async (t) => {
    const basic = await marathon(t, [], { basic: 'user:pass:word' })
    assert.equal(await ask(basic.url + embedded), 401)
    assert.equal(await ask(basic.url + embedded, `Basic ${btoa('user:pass:word')}`), 200)
    const token = await marathon(t, [], { token: 'secret' })
    assert.equal(await ask(token.url + embedded, 'Bearer secret'), 401)
    assert.equal(await ask(token.url + embedded, 'token=secret'), 200)
  })

  it('speaks TLS', async (t) => {
    const certificate = createCertificate((await site(t)).dir)
    const { url } = await marathon(t, [], { tls: certificate })
    const ca = readFileSync(certificate.cert)
    const status = await new Promise((resolve, reject) => {
      getByTls(url + embedded, { ca, agent: false }, (response) => resolve(response.resume().statusCode)).on(
        'error',
        reject,
      )
    })
    assert.equal(status, 200)
    await assert.rejects(fetch(url + embedded))
  })

  it('fails in every way', async (t) => {
    const running = await marathon(t, [app('/web')])
    const attempt = async (fault: Fault, timeout = 10_000): Promise<string> => {
      running.fault = fault
      try {
        const reply = await fetch(running.url + embedded, { signal: AbortSignal.timeout(timeout), redirect: 'manual' })
        const body = await reply.text()
        const shown = body.length > 100 ? `${body.slice(0, 8)}… ${Math.floor(body.length / 2 ** 20)} MiB` : body
        return `${reply.status} ${reply.headers.get('content-type')} ${reply.headers.get('location') ?? shown}`
      } catch (error) {
        const { name, cause } = error as Error
        return `${name} ${(cause as { code?: string })?.code ?? ''}`
      }
    }
    assert.equal(await attempt('reset'), 'TypeError ECONNRESET')
    assert.equal(await attempt('hang', 200), 'TimeoutError ')
    assert.equal(await attempt('drip', 200), 'TimeoutError ')
    assert.equal(await attempt('cut-off'), 'TypeError UND_ERR_SOCKET')
    assert.match(await attempt('401'), /^401 application\/json {"message"/)
    assert.match(await attempt('403'), /^403 application\/json {"message"/)
    assert.match(await attempt('404'), /^404 application\/json {"message"/)
    assert.match(await attempt('500-html'), /^500 text\/html <html>/)
    assert.match(await attempt('503-json'), /^503 application\/json {"message"/)
    assert.equal(await attempt('redirect-elsewhere'), '302 null http://localhost.invalid:1/')
    assert.equal(await attempt('redirect'), `302 null ${running.url}${embedded}&redirected=true`)
    assert.equal(await attempt('empty'), '200 application/json ')
    assert.equal(await attempt('no-apps'), '200 application/json {}')
    assert.equal(await attempt('null-apps'), '200 application/json {"apps":null}')
    assert.equal(await attempt('empty-apps'), '200 application/json {"apps":[]}')
    assert.match(await attempt('html'), /^200 text\/html <!doctype/)
    assert.equal(await attempt('not-json'), '200 application/json this is not JSON')
    assert.equal(await attempt('huge'), '200 application/json {"apps":… 8 MiB')
    assert.equal(await attempt('gzip-bomb'), '200 application/json {"apps":… 64 MiB')
    running.fault = 'redirect'
    assert.equal(await ask(running.url + embedded), 200)
    running.fault = undefined
    assert.equal(await ask(running.url + embedded), 200)
  })

  it('closes although it keeps requests waiting', async () => {
    const running = await startMarathon([])
    running.fault = 'hang'
    const hanging = assert.rejects(fetch(running.url))
    await until(() => running.requests.length === 1, { what: 'the request' })
    await running.close()
    await hanging
  })
})

describe('apps', () => {
  const spec: AppSpec = { ports: [10001, 10002], healthChecks: [httpCheck], tasks: [{}, { health: 'unhealthy' }] }

  it('gives the same app for the same arguments, and no port twice', () => {
    assert.deepEqual(app('/shop/web', spec), app('/shop/web', spec))
    const tasks = app('/shop/web', spec)['tasks'] as { id: string; ports: number[] }[]
    assert.deepEqual(
      tasks.flatMap(({ ports }) => ports),
      [31010, 31020, 31011, 31021],
    )
    assert.equal(new Set(tasks.map(({ id }) => id)).size, 2)
  })

  it('knows the three networks', () => {
    const host = app('/a', spec)
    assert.deepEqual(
      (host['portDefinitions'] as { port: number }[]).map(({ port }) => port),
      [10001, 10002],
    )
    const mappings = (mode: 'bridge' | 'container') =>
      (app('/a', { ...spec, mode })['container'] as { portMappings: object[] }).portMappings[1]
    const mapping = { containerPort: 8081, servicePort: 10002, protocol: 'tcp', labels: {} }
    assert.deepEqual(mappings('bridge'), { ...mapping, hostPort: 0 })
    assert.deepEqual(mappings('container'), mapping)
  })

  it('says how healthy a task is and takes any other key', () => {
    const alive = (given: TaskSpec): unknown[] =>
      (task('/a', 0, [10000], given)['healthCheckResults'] as { alive: boolean }[]).map((result) => result.alive)
    assert.deepEqual([{ health: 'healthy' } as const, { health: 'unhealthy' } as const, {}].map(alive), [
      [true],
      [false],
      [],
    ])
    assert.equal(task('/a', 0, [], { host: 'agent-1', state: 'TASK_KILLING', zone: 'z' })['zone'], 'z')
    assert.equal(app('/a', { tasks: 3, instances: 7 })['instances'], 7)
  })
})

describe('http app', () => {
  it('answers with its name and counts', async (t) => {
    const running: HttpApp = await startHttpApp('web', await freePort())
    t.after(() => running.close())
    const ask = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${running.port}${path}`)).text()
    assert.equal(await ask('/'), 'web')
    assert.equal(await ask('/health'), 'web')
    assert.equal(JSON.parse(await ask('/headers')).host, `127.0.0.1:${running.port}`)
    assert.equal(running.requests, 3)
  })
})

describe('ports', () => {
  it('gives different ports below the ephemeral ones', async () => {
    const ports = await Promise.all(Array.from({ length: 150 }, freePort))
    assert.equal(new Set(ports).size, ports.length)
    assert.ok(ports.every((port) => port > 11_000 && port < 31_000))
  })
})

describe('haproxy', () => {
  after(stopAll)

  const started = async (t: TestContext): Promise<Site & { haproxy: RunningHaproxy }> => {
    const place = await site(t)
    writeFileSync(place.live, bootConfig(place))
    return { ...place, haproxy: await startHaproxy(place.live, place) }
  }

  it('runs, reloads by signal and by master socket, and ends with all its workers', async (t) => {
    const place = await started(t)
    const { haproxy } = place
    const reply = await fetch(`http://127.0.0.1:${place.statsPort}/`)
    assert.equal(await reply.text(), 'boot')
    assert.equal(await haproxy.running(), '')
    const reloads = { signal: haproxy.reloadBySignal, 'master socket': () => haproxy.ask(place.masterSocket, 'reload') }
    for (const [description, reload] of Object.entries(reloads)) {
      writeFileSync(place.live, bootConfig(place).replace('global', `global\n  description "${description}"`))
      await reload()
      await until(async () => (await haproxy.running()) === description, { what: 'the new configuration' })
      await until(async () => (await haproxy.workers()) === 1, { what: 'the old worker to leave' })
    }
    assert.match(haproxy.log, /New worker/)
    const workers = (await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(haproxy.pid)])).stdout.trim()
    await haproxy.stop()
    await haproxy.stop()
    assert.equal(await haproxy.running(), undefined)
    assert.deepEqual([haproxy.pid, Number(workers)].filter(isAlive), [])
  })

  it('is stopped although the master was killed or a client is still served', async (t) => {
    const { haproxy, statsPort } = await started(t)
    const { haproxy: killed } = await started(t)
    process.kill(killed.pid, 'SIGKILL')
    const reply = await fetch(`http://127.0.0.1:${statsPort}/`)
    await stopAll()
    assert.deepEqual([haproxy.pid, killed.pid].filter(isAlive), [])
    await reply.text()
  })

  it('says why it does not start', async (t) => {
    const place = await site(t)
    writeFileSync(place.live, 'nonsense\n')
    await assert.rejects(startHaproxy(place.live, place), /unknown keyword 'nonsense'/)
  })

  it('dies with the test process', async (t) => {
    const place = await site(t)
    writeFileSync(place.live, bootConfig(place))
    const code = `import { startHaproxy } from './haproxy.js'
      const { pid } = await startHaproxy(${JSON.stringify(place.live)}, ${JSON.stringify(place)})
      process.stdout.write(String(pid), () => process.kill(process.pid, 'SIGKILL'))`
    const child = execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
      cwd: import.meta.dirname,
    })
    assert.ok(child.stdout)
    const pid = Number(await text(child.stdout))
    assert.ok(pid > 1)
    await until(() => !isAlive(pid), { what: 'HAProxy to die' })
  })
})

describe('program', () => {
  const evaluate = (code: string): RunOptions => ({ nodeArgs: ['--input-type=module', '--eval', code] })

  it('runs with a clean environment, away from a terminal', async () => {
    process.env['HAPROXY_UPDATER_TEST'] = 'leaks'
    const code = `import { text } from 'node:stream/consumers'
      console.log(JSON.stringify([process.env, process.argv.slice(1), await text(process.stdin), process.stdout.isTTY]))
      console.error('talk')
      process.exitCode = 75`
    const options = { ...evaluate(code), env: { HAPROXY_UPDATER_MARATHON: 'http://m', HOME: undefined }, input: 'in' }
    const result: Result = await runProgram(['--dry-run', 'a b'], options)
    const [env, [program, ...args], input, isTerminal] = JSON.parse(result.stdout)
    assert.deepEqual(
      Object.keys(env).filter((name) => !['PATH', 'TZ', 'NODE_V8_COVERAGE'].includes(name)),
      ['HAPROXY_UPDATER_MARATHON'],
    )
    assert.match(program, /bin\/haproxy-updater\.js$/)
    assert.ok(existsSync(program))
    assert.deepEqual([args, input, isTerminal ?? false], [['--dry-run', 'a b'], 'in', false])
    assert.deepEqual([result.status, result.signal, result.stderr], [75, null, 'talk\n'])
    assert.ok(result.ms > 0)
  })

  it('can be killed, aborted and overrun its time', async () => {
    const endless = evaluate('console.log("here"); setInterval(() => {}, 1000)')
    const { child, done } = startProgram([], endless)
    child.stdout.once('data', () => child.kill('SIGKILL'))
    const killed = await done
    assert.deepEqual([killed.status, killed.signal, killed.stdout], [null, 'SIGKILL', 'here\n'])
    assert.equal((await runProgram([], { ...endless, signal: AbortSignal.timeout(200) })).signal, 'SIGTERM')
    await assert.rejects(runProgram(['--x'], { ...endless, timeout: 3000 }), /still running after 3000 ms: .*--x\nhere/)
  })

  it('runs at a terminal', async () => {
    const code =
      'console.log(String(process.stdout.isTTY), process.argv[2]); console.error("talk"); process.exitCode = 2'
    const result = await runInTerminal(["it's"], evaluate(code))
    assert.deepEqual([result.status, result.stdout], [2, "true it's\ntalk\n"])
  })
})

describe('site', () => {
  it('is a folder with short socket paths, free ports and options', async (t) => {
    const place = await site(t)
    assert.ok(place.masterSocket.length < 100)
    assert.equal(new Set([place.httpPort, place.httpsPort, place.statsPort]).size, 3)
    assert.deepEqual(place.args.slice(0, 2), ['--haproxy-config', place.live])
    assert.deepEqual(place.args.slice(-2), ['--reload', `master:${place.masterSocket}`])
    place.remove()
    assert.ok(!existsSync(place.dir))
  })

  it('sees what changed below it', async (t) => {
    const place = await site(t)
    assert.deepEqual(place.tree(), {})
    writeFileSync(place.live, 'one')
    symlinkSync('haproxy.cfg', join(place.dir, 'etc/link'))
    const before: Record<string, FileState> = place.tree()
    assert.deepEqual(Object.keys(before), ['etc/haproxy.cfg', 'etc/link'])
    assert.deepEqual(place.tree(), before)
    utimesSync(place.live, 1, 1)
    assert.notDeepEqual(place.tree(), before)
    assert.equal(place.tree()['etc/haproxy.cfg']?.hash, before['etc/haproxy.cfg']?.hash)
  })
})

describe('certificate', () => {
  it('is for the names given', async (t) => {
    const { pem } = createCertificate((await site(t)).dir, 'web', ['DNS:web.example'])
    const certificate = new X509Certificate(readFileSync(pem))
    assert.equal(certificate.subject, 'CN=web')
    assert.equal(certificate.checkHost('web.example'), 'web.example')
  })
})

describe('dns', () => {
  const zones: Record<string, Zone> = {
    'agent-1.test': { a: ['10.0.0.1', '10.0.0.2'], aaaa: ['fd00::1:2'] },
    'six.test': { aaaa: ['1:2:3:4:5:6:7:abcd'] },
    'slow.test': { a: ['10.0.0.3'], delay: 50 },
    'broken.test': { fail: 'servfail' },
    'silent.test': { fail: 'timeout' },
  }

  it('answers or fails as it was told', async (t) => {
    const dns: TestDns = await startDns(zones)
    t.after(() => dns.close())
    const resolver = new Resolver({ timeout: 200, tries: 1 })
    resolver.setServers([dns.address])
    assert.deepEqual((await resolver.resolve4('Agent-1.test')).sort(), ['10.0.0.1', '10.0.0.2'])
    assert.deepEqual(await resolver.resolve6('agent-1.test'), ['fd00::1:2'])
    assert.deepEqual(await resolver.resolve6('six.test'), ['1:2:3:4:5:6:7:abcd'])
    assert.deepEqual(await resolver.resolve4('slow.test'), ['10.0.0.3'])
    await assert.rejects(resolver.resolve4('six.test'), { code: 'ENODATA' })
    await assert.rejects(resolver.resolve4('other.test'), { code: 'ENOTFOUND' })
    await assert.rejects(resolver.resolve4('broken.test'), { code: 'ESERVFAIL' })
    await assert.rejects(resolver.resolve4('silent.test'), { code: 'ETIMEOUT' })
    assert.deepEqual(dns.queries.slice(0, 2), ['A agent-1.test', 'AAAA agent-1.test'])
    dns.zones = { 'other.test': { a: ['10.0.0.4'] } }
    assert.deepEqual(await resolver.resolve4('other.test'), ['10.0.0.4'])
  })
})

describe('load', () => {
  it('counts what goes well and what does not', async (t) => {
    const running = await startHttpApp('web')
    t.after(() => running.close())
    const url = `http://127.0.0.1:${running.port}/headers`
    const { totals, stop } = startLoad(url, { host: 'web.example', loops: 2 })
    await until(() => totals.ok > 20, { what: 'requests' })
    const ended: Totals = await stop()
    assert.deepEqual([ended.failed, ended.failures, running.requests], [0, [], ended.ok])
    const refused = startLoad(`http://127.0.0.1:${await freePort()}`)
    await sleep(50)
    const { ok, failed, failures } = await refused.stop()
    assert.ok(ok === 0 && failed > 10)
    assert.equal(failures.length, 10)
    assert.match(failures[0] ?? '', /ECONNREFUSED/)
  })

  it('takes any status but 200 for a failure', async (t) => {
    const marathon = await startMarathon([])
    t.after(() => marathon.close())
    const { totals, stop } = startLoad(marathon.url)
    await until(() => totals.failed > 0, { what: 'a failure' })
    assert.equal((await stop()).failures[0], 'status 404')
  })
})

describe('wait', () => {
  it('gives up with a reason', async () => {
    const rows = [1, 2, 3]
    await until(() => rows.pop() === 1, { what: 'one' })
    const failing = until(() => assert.fail('not yet'), { timeout: 30, what: 'Godot' })
    await assert.rejects(failing, (error: Error) => {
      assert.match(error.message, /30 ms in vain for Godot/)
      assert.match(String(error.cause), /not yet/)
      return true
    })
  })
})

const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** A zombie whom nobody has reaped yet is dead. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
