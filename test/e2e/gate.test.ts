import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { app, httpCheck, type TaskSpec } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { startDns, type TestDns } from '../support/dns.js'
import { listen } from '../support/listen.js'
import { startMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { asking } from '../support/preload.js'
import { type Result, runProgram } from '../support/program.js'
import { createSite, type Site } from '../support/site.js'

let site: Site
let dns: TestDns
let servicePort: number

before(async () => {
  dns = await startDns({ 'agent.test': { a: ['10.9.9.9'] } })
  servicePort = await freePort()
})

beforeEach(async () => {
  site = await createSite()
})

afterEach(() => site.remove())

after(() => dns.close())

/** Some tasks of one app, each at a port of its own. */
const tasks = (count: number, spec: TaskSpec = {}): TaskSpec[] =>
  Array.from({ length: count }, (_, index) => ({ ports: [20_000 + index], ...spec }))

const web = (of: TaskSpec[], spec: Parameters<typeof app>[1] = {}) =>
  app('/web', { ports: [servicePort], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks: of, ...spec })

/** A run that is given this reply, and HAProxy is not reloaded by anybody. */
function run(apps: unknown[], ...more: string[]): Promise<Result> {
  const args = [...site.args, '--reload', 'none', '--haproxy', 'none', '--verbose', '--from', '-', ...more]
  return runProgram(args, { input: JSON.stringify({ apps }), nodeArgs: asking(dns.address) })
}

const serversLive = (): number => readFileSync(site.live, 'utf8').match(/^ *server /gm)?.length ?? 0

/** Has so many servers live. */
async function establish(count: number): Promise<void> {
  assert.equal((await run([web(tasks(count))])).status, 0)
  assert.equal(serversLive(), count)
}

async function expectRefusal(result: Promise<Result>, says: RegExp): Promise<void> {
  const before = serversLive()
  assertFailed(await result, 'unsafe', says)
  assert.equal(serversLive(), before)
}

interface Stored {
  gateSince?: number
}

const state = (): Stored => JSON.parse(readFileSync(join(site.stateDir, 'state.json'), 'utf8'))

/** Makes the first refusal so much older. */
function age(minutes: number): void {
  const stored = state()
  assert.ok(stored.gateSince)
  stored.gateSince -= minutes * 60_000
  writeFileSync(join(site.stateDir, 'state.json'), JSON.stringify(stored))
}

describe('a reply that leaves no server', () => {
  it('is shown by a dry run, with the refusal and its status', async () => {
    await establish(2)
    const { status, stdout, stderr } = await run([], '--dry-run')
    assert.equal(status, 80)
    assert.match(stdout, /^- {2}server /m)
    assert.match(stderr, /would change: -2 servers.*\n.*error\[unsafe\]: refused: 2 of 2 servers would be lost/s)
  })

  const everywhere: Record<string, [apps: unknown[], more?: string[]]> = {
    'there are no apps': [[]],
    'there are no tasks': [[web([])]],
    'all tasks have been killed': [[web(tasks(1, { state: 'TASK_KILLED' }))]],
    'all tasks are lost': [[web(tasks(1, { state: 'TASK_UNREACHABLE' }))]],
    'all tasks are known to be unhealthy': [[web(tasks(1, { health: 'unhealthy' }), { healthChecks: [httpCheck] })]],
    'no task is known to be healthy under --health strict': [
      [web(tasks(1, { health: 'unknown' }), { healthChecks: [httpCheck] })],
      ['--health', 'strict'],
    ],
    'no host has an address': [[web(tasks(1, { host: 'nowhere.invalid' }))]],
    'no service is of the group': [[web(tasks(1))], ['--group', 'internal']],
    'no service is enabled': [[web(tasks(1))], ['--require-enabled']],
    'no label is understood': [[web(tasks(1), { labels: { HAPROXY_0_VHOST: 'web test' } })]],
  }

  for (const [loss, [apps, more = []]] of Object.entries(everywhere)) {
    it(`is refused because ${loss}, even if there was only one`, async () => {
      await establish(1)
      await expectRefusal(run(apps, ...more), /1 of 1 servers would be lost, all there are/)
    })
  }

  it('is refused because the templates have lost them', async () => {
    await establish(1)
    writeFileSync(join(site.dir, 'backends.cfg.njk'), 'backend web_0\n  mode http\n')
    await expectRefusal(run([web(tasks(1))], '--templates', site.dir), /1 of 1 servers/)
  })

  it('is never believed by waiting nor for --max-drop, but for --allow-empty', async () => {
    await establish(12)
    await expectRefusal(run([]), /12 of 12 servers .*--allow-empty/)
    age(600)
    await expectRefusal(run([]), /12 of 12 servers/)
    await expectRefusal(run([], '--max-drop', '100', '--confirm-after', '0'), /12 of 12 servers/)
    assert.equal((await run([], '--allow-empty')).status, 0)
    assert.equal(serversLive(), 0)
  })

  it('is not what a failing DNS makes of hosts that had an address', async () => {
    const agent = [web(tasks(1, { host: 'agent.test' }))]
    dns.zones = { 'agent.test': { a: ['10.9.9.9'] } }
    await run(agent)
    assert.match(readFileSync(site.live, 'utf8'), / 10\.9\.9\.9:20000$/m)
    dns.zones = { 'agent.test': { fail: 'servfail' } }
    assert.match((await run(agent)).stderr, /up to date/)
  })

  it('is not what closed listeners make of services', async (t) => {
    await establish(1)
    const foreign = await listen(createServer(), await freePort())
    t.after(() => foreign.close())
    const moved = web(tasks(1), { ports: [foreign.port] })
    const { status, stdout, stderr } = await run([moved], '--reload', 'true', '--dry-run')
    assert.match(stderr, /\/web port 0 gets no listener/)
    assert.match(stderr, /would change: no server or service differs/)
    assert.doesNotMatch(stdout, /^-.*server /m)
    assert.equal(status, 2)
  })

  it('is believed where the live file has none either, or is not there yet', async () => {
    assert.equal((await run([])).status, 0)
    assert.equal((await run([web([])])).status, 0)
    assert.equal(serversLive(), 0)
  })

  it('is refused over a live file that somebody else wrote', async () => {
    writeFileSync(site.live, 'defaults\n  mode http\n\nlisten ours\n  bind 127.0.0.1:1\n  server one 127.0.0.1:2\n')
    await expectRefusal(run([]), /1 of 1 servers/)
  })
})

describe('a reply without any tasks, although some run', () => {
  const untold = () => [{ ...web([]), tasks: undefined, tasksRunning: 1 }]

  it('is no reply, whether there are servers to lose or not', async () => {
    assertFailed(await run(untold()), 'bad-reply', /embed=apps\.tasks/)
    await establish(1)
    assertFailed(await run(untold()), 'bad-reply', /embed=apps\.tasks/)
    assert.equal(serversLive(), 1)
  })

  it('is no reply of a Marathon either', async (t) => {
    const marathon = await startMarathon(untold())
    t.after(() => marathon.close())
    const result = await runProgram([...site.args, '--reload', 'none', '--marathon', marathon.url])
    assertFailed(result, 'bad-reply', /embed=apps\.tasks/)
  })

  it('is taken for an empty cluster with --allow-empty', async () => {
    await establish(1)
    assert.equal((await run(untold(), '--allow-empty')).status, 0)
    assert.equal(serversLive(), 0)
  })
})

describe('a reply that loses many servers at once', () => {
  it('is refused if more than --max-drop percent are lost, and at least ten', async () => {
    await establish(20)
    const dryRun = async (left: number, ...more: string[]) =>
      (await run([web(tasks(left))], '--dry-run', ...more)).status
    assert.equal(await dryRun(10), 2)
    assert.equal(await dryRun(9), 80)
    assert.equal(await dryRun(9, '--max-drop', '55'), 2)
    assert.equal(await dryRun(8, '--max-drop', '55'), 80)
    assert.equal(await dryRun(11, '--max-drop', '0'), 2)
    assert.equal(await dryRun(10, '--max-drop', '0'), 80)
    assert.equal(await dryRun(1, '--max-drop', '100'), 2)
    assert.equal(state().gateSince, undefined)
  })

  it('is believed at once if fewer than ten are lost', async () => {
    await establish(10)
    assert.equal((await run([web(tasks(1))])).status, 0)
    assert.equal(serversLive(), 1)
  })

  it('is believed once every reply has lost too many for --confirm-after, though not the same', async () => {
    await establish(20)
    await expectRefusal(
      run([web(tasks(5))]),
      /15 of 20 servers would be lost, more than --max-drop 50 %.*120 s from now/,
    )
    const first = state().gateSince
    await expectRefusal(run([web(tasks(3))]), /17 of 20 servers/)
    assertFailed(await run([], '--templates', join(site.dir, 'missing')), 'no-input')
    assert.equal(state().gateSince, first)
    age(1)
    await expectRefusal(run([web(tasks(4))]), /16 of 20 servers/)
    age(1)
    assert.equal((await run([web(tasks(4))])).status, 0)
    assert.equal(serversLive(), 4)
    assert.equal(state().gateSince, undefined)
  })

  it('has to last anew after one reply that loses few or none', async () => {
    for (const between of [20, 19]) {
      await establish(20)
      await expectRefusal(run([web(tasks(5))]), /15 of 20/)
      age(10)
      assert.equal((await run([web(tasks(between))])).status, 0)
      assert.equal(state().gateSince, undefined)
      await expectRefusal(run([web(tasks(5))]), new RegExp(`${between - 5} of ${between}.*120 s from now`))
    }
  })

  it('is believed after another --confirm-after, or at once for --max-drop 100', async () => {
    await establish(20)
    await expectRefusal(run([web(tasks(5))], '--confirm-after', '10m'), /600 s from now/)
    age(3)
    await expectRefusal(run([web(tasks(5))], '--confirm-after', '10m'), /servers would be lost/)
    assert.equal((await run([web(tasks(5))], '--confirm-after', '3m')).status, 0)
    await establish(20)
    assert.equal((await run([web(tasks(1))], '--max-drop', '100')).status, 0)
    assert.equal(serversLive(), 1)
  })
})
