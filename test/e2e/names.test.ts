import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { app } from '../support/apps.js'
import { startDns, type TestDns, type Zone } from '../support/dns.js'
import { asking } from '../support/preload.js'
import { type Result, runProgram } from '../support/program.js'
import { createSite, type Site } from '../support/site.js'

const program = join(import.meta.dirname, '../../bin/haproxy-updater.js')

let site: Site
let dns: TestDns

beforeEach(async () => {
  site = await createSite()
  dns = await startDns({})
})

afterEach(async () => {
  await dns.close()
  site.remove()
})

/** A run that is given this reply and asks the test's DNS server. It does without HAProxy, and stays silent if nothing changed. */
function run(apps: unknown[], ...more: string[]): Promise<Result> {
  const args = [...site.args, '--reload', 'none', '--haproxy', 'none', '--from', '-', ...more]
  return runProgram(args, { input: JSON.stringify({ apps }), nodeArgs: asking(dns.address) })
}

/** A run that must end well and change something; gives what it says. */
async function change(apps: unknown[], ...more: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(apps, ...more)
  assert.equal(status, 0, stderr)
  assert.match(stdout + stderr, /updated/)
  return stdout + stderr
}

/** A run that must find nothing to change or to tell. */
async function expectNoChange(apps: unknown[], ...more: string[]): Promise<Result> {
  const { [successFile]: _, ...before } = site.tree()
  const result = await run(apps, ...more)
  const { [successFile]: __, ...after } = site.tree()
  assert.deepEqual([result.status, result.stdout, result.stderr], [0, '', ''])
  assert.deepEqual(after, before)
  return result
}

const successFile = 'state/success'

/** The live file's servers: where HAProxy sends their traffic, by their names. */
function servers(): Record<string, string> {
  const lines = readFileSync(site.live, 'utf8').matchAll(/^ *server (\S+) (\S+)/gm)
  return Object.fromEntries([...lines].map(([, name = '', endpoint = '']) => [name, endpoint]))
}

/** An app with one task on each of these agents. */
const web = (...agents: string[]) => [app('/web', { tasks: agents.map((host) => ({ host, ports: [20_000] })) })]

describe('25,000 servers on 400 named agents', () => {
  const addresses = new Map(
    Array.from({ length: 400 }, (_, index) => [`agent-${index}.test`, `10.1.${index >> 8}.${index & 255}`]),
  )
  const agents = [...addresses.keys()]
  const zonesOf = (zone: (address: string) => Zone): Record<string, Zone> =>
    Object.fromEntries([...addresses].map(([agent, address]) => [agent, zone(address)]))

  const cluster = Array.from({ length: 1000 }, (_, index) => {
    const tasks = Array.from({ length: 25 }, (_, task) => {
      const number = 25 * index + task
      return { host: agents[number % agents.length] ?? '', ports: [20_000 + Math.floor(number / agents.length)] }
    })
    return app(`/app-${index}`, { ports: [10_000 + index], tasks })
  })

  const expected = Object.fromEntries(
    cluster.flatMap(({ tasks }) =>
      (tasks as { host: string; ports: number[] }[]).map(({ host, ports }) => [
        `${host}_${ports[0]}`,
        `${addresses.get(host)}:${ports[0]}`,
      ]),
    ),
  )

  it('make 400 look-ups of a slow DNS, and a silent one changes nothing and keeps no run beyond its deadline', async () => {
    dns.zones = zonesOf((address) => ({ a: [address], delay: 500 }))
    await change(cluster)
    assert.equal(Object.keys(expected).length, 25_000)
    assert.deepEqual(servers(), expected)
    assert.deepEqual(dns.queries.toSorted(), agents.flatMap((agent) => [`A ${agent}`, `AAAA ${agent}`]).sort())

    dns.zones = zonesOf(() => ({ fail: 'timeout' }))
    const { ms } = await expectNoChange(cluster, '--timeout', '15s')
    assert.ok(ms < 15_000, `${ms} ms`)
  })
})

describe('a DNS that fails', () => {
  const failures: Record<string, Zone> = {
    'answers SERVFAIL': { fail: 'servfail' },
    'knows no such name': { fail: 'nxdomain' },
    'knows no address': {},
    'does not answer': { fail: 'timeout' },
  }
  for (const [how, zone] of Object.entries(failures)) {
    it(`takes no server away from an agent that had an address: it ${how}`, async () => {
      dns.zones = { 'one.test': { a: ['10.0.0.1'] }, 'two.test': { aaaa: ['2001:db8::2'] } }
      await change(web('one.test', 'two.test'))
      dns.zones = { 'one.test': zone, 'two.test': zone }
      const soon = ['--timeout', '500ms']
      for (const _ of [1, 2]) {
        const { ms } = await expectNoChange(web('one.test', 'two.test'), ...soon)
        assert.ok(ms < 4800, `${ms} ms`)
      }
      dns.zones['new.test'] = zone
      assert.match(await change(web('two.test', 'new.test'), ...soon), /warning: agent new\.test has no address/)
      assert.deepEqual(servers(), { 'two.test_20000': '[2001:db8::2]:20000' })
    })
  }

  it('is asked again in the next run', async () => {
    dns.zones = { 'one.test': { a: ['10.0.0.1'] }, 'two.test': { fail: 'servfail' } }
    await change(web('one.test', 'two.test'))
    dns.zones['two.test'] = { a: ['10.0.0.2'] }
    await change(web('one.test', 'two.test'))
    assert.deepEqual(servers(), { 'one.test_20000': '10.0.0.1:20000', 'two.test_20000': '10.0.0.2:20000' })
  })
})

describe('an agent of several addresses', () => {
  it('keeps the one it has, in whatever order and company DNS names it, and gets another once it is gone', async () => {
    dns.zones['agent.test'] = { a: ['10.0.0.3', '10.0.0.2'], aaaa: ['2001:db8::1'] }
    await change(web('agent.test'))
    assert.deepEqual(servers(), { 'agent.test_20000': '10.0.0.2:20000' })
    const rounds = [
      ['10.0.0.2', '10.0.0.3', '10.0.0.1'],
      ['10.0.0.3', '10.0.0.1', '10.0.0.2'],
      ['10.0.0.1', '10.0.0.2'],
      ['10.0.0.2'],
    ]
    for (const a of rounds) {
      dns.zones['agent.test'] = { a }
      await expectNoChange(web('agent.test'))
    }
    dns.zones['agent.test'] = { a: ['10.0.0.3', '10.0.0.1'] }
    await change(web('agent.test'))
    assert.deepEqual(servers(), { 'agent.test_20000': '10.0.0.1:20000' })
    await expectNoChange(web('agent.test'))
  })

  it('is reached by IPv6 if that is all it has', async () => {
    dns.zones['agent.test'] = { aaaa: ['fe80::1', '2001:db8::2', '2001:db8::1'] }
    await change(web('agent.test'))
    assert.deepEqual(servers(), { 'agent.test_20000': '[2001:db8::1]:20000' })
    dns.zones['agent.test'] = { aaaa: ['2001:db8::2', '2001:db8::1'] }
    await expectNoChange(web('agent.test'))
  })
})

describe('an agent whose address changed', () => {
  it('is one change, of this agent only', async () => {
    dns.zones = { 'one.test': { a: ['10.0.0.1'] }, 'two.test': { a: ['10.0.0.2'] } }
    await change(web('one.test', 'two.test'))
    dns.zones['one.test'] = { a: ['10.0.0.9'] }
    await change(web('one.test', 'two.test'))
    assert.deepEqual(servers(), { 'one.test_20000': '10.0.0.9:20000', 'two.test_20000': '10.0.0.2:20000' })
    await expectNoChange(web('one.test', 'two.test'))
  })
})

describe('/etc/resolv.conf', () => {
  it('says which server is asked, and what is added to a name', async () => {
    dns.zones = { 'one.cluster.test': { a: ['10.0.0.1'] }, 'two.test': { a: ['10.0.0.2'] } }
    const [resolvConf, reply] = [join(site.dir, 'resolv.conf'), join(site.dir, 'reply.json')]
    writeFileSync(resolvConf, `search cluster.test\nnameserver ${dns.address}\n`)
    writeFileSync(reply, JSON.stringify({ apps: web('one', 'two.test') }))
    const args = [...site.args, '--reload', 'none', '--haproxy', 'none', '--from', reply]
    const mounted = ['--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolvConf]
    await promisify(execFile)('unshare', [...mounted, process.execPath, program, ...args])
    assert.deepEqual(servers(), { one_20000: '10.0.0.1:20000', 'two.test_20000': '10.0.0.2:20000' })
  })
})
