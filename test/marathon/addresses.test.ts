import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { lookupFor, resolveHosts } from '../../src/marathon/addresses.js'
import { type NameSystem, systemNames } from '../../src/marathon/name-system.js'
import { startDns, type TestDns, type Zone } from '../support/dns.js'
import { encodeAnswer, readQuestion } from '../support/dns-message.js'

let dir = ''
let dns: TestDns

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'addresses-test-'))
})
after(() => rmSync(dir, { recursive: true }))
beforeEach(async () => {
  dns = await startDns({})
})
afterEach(() => dns.close())

/** A name system with the test's DNS server and these files. */
function system(hosts = '', resolvConf = ''): NameSystem {
  writeFileSync(join(dir, 'hosts'), hosts)
  writeFileSync(join(dir, 'resolv.conf'), resolvConf)
  return { servers: [dns.address], hostsFile: join(dir, 'hosts'), resolvConf: join(dir, 'resolv.conf') }
}

async function resolve(hosts: string[], seen: Record<string, string> = {}, names = system(), limit = 5000) {
  return Object.fromEntries(await resolveHosts(hosts, seen, limit, names))
}

/** The address of a name of which the DNS says this. */
async function addressOf(zone: Zone, seen?: string, limit?: number): Promise<string | undefined> {
  dns.zones['agent'] = zone
  return (await resolve(['agent'], seen ? { agent: seen } : {}, system(), limit))['agent']
}

/** Starts a DNS server that answers these questions and no others; gives its address. */
async function startLossyDns(answers: Record<string, string[]>): Promise<string> {
  const socket = createSocket('udp4').on('message', (message, { port, address }) => {
    const question = readQuestion(message)
    const answer = answers[`${question.type} ${question.name}`]
    if (answer) socket.send(encodeAnswer(question, 'noerror', answer), port, address)
  })
  socket.bind(0, '127.0.0.1').unref()
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}

describe('resolveHosts', () => {
  it('takes IP addresses as they are', async () => {
    const addresses = { '10.0.0.1': '10.0.0.1', '2001:db8::1': '2001:db8::1', '127.0.0.1': '127.0.0.1' }
    assert.deepEqual(await resolve(Object.keys(addresses)), addresses)
    assert.deepEqual(dns.queries, [])
  })

  it('believes the hosts file before DNS', async () => {
    dns.zones['agent'] = { a: ['10.0.0.9'] }
    const names = system('# agents\n10.0.0.1\tAgent agent.example # the first\nnonsense other\n')
    assert.deepEqual(await resolve(['agent', 'agent.example', 'other'], {}, names), {
      agent: '10.0.0.1',
      'agent.example': '10.0.0.1',
    })
    assert.deepEqual(dns.queries.toSorted(), ['A other', 'AAAA other'])
  })

  it('asks DNS too where the hosts file has only loopback addresses', async () => {
    const names = system('127.0.1.1 agent\n')
    assert.deepEqual(await resolve(['agent'], {}, names), { agent: '127.0.1.1' })
    dns.zones['agent'] = { a: ['10.0.0.1'] }
    assert.deepEqual(await resolve(['agent'], {}, names), { agent: '10.0.0.1' })
    assert.deepEqual(await resolve(['agent'], { agent: '127.0.1.1' }, names), { agent: '10.0.0.1' })
  })

  it('never asks DNS for localhost', async () => {
    const names = { ...systemNames, servers: [dns.address] }
    assert.deepEqual(await resolve(['localhost'], {}, names), { localhost: '127.0.0.1' })
    assert.deepEqual(dns.queries, [])
  })

  it('leaves out a name that has no address', async () => {
    assert.deepEqual(await resolve(['none', 'no name', '', 'x'.repeat(300), '10.0.0.1']), { '10.0.0.1': '10.0.0.1' })
  })

  it('asks once for a name, whatever its case and with or without a dot at the end', async () => {
    dns.zones['agent'] = { a: ['10.0.0.1', '10.0.0.2'] }
    const hosts = ['agent', 'AGENT', 'Agent.', 'agent']
    assert.deepEqual(await resolve(hosts, { 'AGENT.': '10.0.0.2' }), {
      agent: '10.0.0.2',
      AGENT: '10.0.0.2',
      'Agent.': '10.0.0.2',
    })
    assert.deepEqual(dns.queries.toSorted(), ['A agent', 'AAAA agent'])
  })

  it('resolves 400 names, each asked once, though every answer takes long', async () => {
    const hosts = Array.from({ length: 400 }, (_, index) => `agent-${index}`)
    for (const host of hosts) dns.zones[host] = { a: ['10.0.0.1'], delay: 800 }
    assert.equal(Object.keys(await resolve(hosts)).length, 400)
    assert.deepEqual(dns.queries.toSorted(), hosts.flatMap((host) => [`A ${host}`, `AAAA ${host}`]).sort())
  })

  it('resolves names though many before them are never answered', async () => {
    const silent = Array.from({ length: 100 }, (_, index) => `silent-${index}`)
    for (const host of silent) dns.zones[host] = { fail: 'timeout' }
    dns.zones['agent'] = { a: ['10.0.0.1'] }
    assert.deepEqual(await resolve([...silent, 'agent'], {}, system(), 1400), { agent: '10.0.0.1' })
  })

  it('ends with its time, and stops asking', async () => {
    const hosts = Array.from({ length: 1000 }, (_, index) => `agent-${index}`)
    for (const host of hosts) dns.zones[host] = { fail: 'timeout' }
    dns.zones['agent-1'] = { a: ['10.0.0.1'] }
    const names = system('', 'search one two\n')
    const start = performance.now()
    const seen = { 'agent-2': '10.0.0.2', 'agent-999': '10.0.0.99' }
    assert.deepEqual(await resolve(hosts, seen, names, 600), { ...seen, 'agent-1': '10.0.0.1' })
    assert(performance.now() - start < 30_000)
    assert(!dns.queries.includes('A agent-999'))
  })
})

describe('the search list', () => {
  const zones = { 'agent.one': { a: ['10.0.0.1'] }, 'agent.two': { a: ['10.0.0.2'] }, agent: { a: ['10.0.0.3'] } }
  const cases: [string, string, string][] = [
    ['is tried in order, before the name itself', 'search one two', '10.0.0.1'],
    ['goes on after a name that does not exist', 'search none. two', '10.0.0.2'],
    ['ends with the name itself', 'search none', '10.0.0.3'],
    ['is the last one given', 'search one\ndomain two # comment', '10.0.0.2'],
  ]
  for (const [what, resolvConf, address] of cases) {
    it(what, async () => {
      dns.zones = { ...zones }
      const names = system('', `nameserver 192.0.2.1\n${resolvConf}\n`)
      assert.deepEqual(await resolve(['agent'], {}, names), { agent: address })
    })
  }

  it('comes after a name with a dot, or with as many as ndots says', async () => {
    dns.zones = { 'a.b': { a: ['10.0.0.1'] }, 'a.b.one': { a: ['10.0.0.2'] } }
    assert.deepEqual(await resolve(['a.b'], {}, system('', 'search one\n')), { 'a.b': '10.0.0.1' })
    const ndots = system('', 'search one\noptions timeout:1 ndots:2\n')
    assert.deepEqual(await resolve(['a.b'], {}, ndots), { 'a.b': '10.0.0.2' })
  })

  it('goes on after a server that failed, but not after silence: the next name may be another machine', async () => {
    const names = system('', 'search one\n')
    dns.zones = { 'agent.one': { fail: 'servfail' }, agent: { a: ['10.0.0.3'] } }
    assert.deepEqual(await resolve(['agent'], {}, names), { agent: '10.0.0.3' })
    dns.zones = { 'agent.one': { fail: 'timeout' }, agent: { a: ['10.0.0.3'] } }
    assert.deepEqual(await resolve(['agent'], {}, names, 200), {})
    assert(!dns.queries.slice(-2).includes('A agent'))
  })
})

describe('the choice', () => {
  it('is the lowest IPv4 by number', async () => {
    assert.equal(await addressOf({ a: ['10.0.0.10', '10.0.0.9'], aaaa: ['2001:db8::1'] }), '10.0.0.9')
    assert.equal(await addressOf({ a: ['10.0.0.9', '10.0.0.10'], aaaa: ['2001:db8::1'] }), '10.0.0.9')
  })

  it('is not a loopback or link-local address where there is another', async () => {
    const local = ['127.0.0.1', '169.254.0.1']
    assert.equal(await addressOf({ a: [...local, '192.168.0.1'] }), '192.168.0.1')
    assert.equal(await addressOf({ a: local, aaaa: ['::1', 'fe80::1', '2001:db8::1'] }), '2001:db8::1')
    assert.equal(await addressOf({ a: ['169.254.0.1', '127.0.0.1'], aaaa: ['::1'] }), '127.0.0.1')
  })

  it('is the lowest IPv6 by number where there is no IPv4', async () => {
    assert.equal(await addressOf({ aaaa: ['2001:db8::10', '2001:db8::9', '2001:db8:1::'] }), '2001:db8::9')
    assert.equal(await addressOf({ aaaa: ['fd00::1:0:0:1', 'fd00::2:1'] }), 'fd00::2:1')
  })

  it('stays with the address last seen while it is among the answers', async () => {
    assert.equal(await addressOf({ a: ['10.0.0.1', '10.0.0.2'] }, '10.0.0.2'), '10.0.0.2')
    assert.equal(await addressOf({ a: ['10.0.0.1'], aaaa: ['2001:db8::1'] }, '2001:db8::1'), '2001:db8::1')
    assert.equal(await addressOf({ a: ['10.0.0.1', '10.0.0.3'] }, '10.0.0.2'), '10.0.0.1')
  })

  it('stays with the address last seen while there is no answer', async () => {
    assert.equal(await addressOf({ fail: 'nxdomain' }, '10.0.0.2'), '10.0.0.2')
    assert.equal(await addressOf({ fail: 'servfail' }, '10.0.0.2'), '10.0.0.2')
    assert.equal(await addressOf({ a: [] }, '10.0.0.2'), '10.0.0.2')
    assert.equal(await addressOf({ fail: 'timeout' }, '10.0.0.2', 100), '10.0.0.2')
  })

  it('stays with the address last seen while no DNS server runs', async () => {
    const gone = await startDns({})
    await gone.close()
    const names = { ...system(), servers: [gone.address] }
    assert.deepEqual(await resolve(['agent'], { agent: '10.0.0.2' }, names), { agent: '10.0.0.2' })
  })

  it('does not move to IPv6 because the answer for IPv4 is lost', async () => {
    const servers = [await startLossyDns({ 'AAAA agent': ['2001:db8::1'] })]
    assert.deepEqual(await resolve(['agent'], { agent: '10.0.0.1' }, { ...system(), servers }, 200), {
      agent: '10.0.0.1',
    })
  })

  it('does not move to another name of the search list because the answer for IPv6 is lost', async () => {
    const servers = [await startLossyDns({ 'A agent.one': [], 'A agent': ['10.0.0.1'], 'AAAA agent': [] })]
    assert.deepEqual(await resolve(['agent'], {}, { ...system('', 'search one\n'), servers }, 200), {})
  })
})

describe('lookupFor', () => {
  it('gives the best address, or all, best first, as dns.lookup does', async () => {
    dns.zones['marathon'] = { a: ['10.0.0.2', '10.0.0.1'], aaaa: ['2001:db8::1'] }
    const lookup = lookupFor(5000, system())
    const answers = await new Promise((resolve) => {
      lookup('Marathon', {}, (...one) => lookup('marathon', { all: true }, (...all) => resolve([one, all])))
    })
    const all = [
      { address: '10.0.0.1', family: 4 },
      { address: '10.0.0.2', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]
    assert.deepEqual(answers, [
      [null, '10.0.0.1', 4],
      [null, all],
    ])
  })

  it('takes what the hosts file says as final', async () => {
    const lookup = promisify(lookupFor(5000, system('127.0.0.1 marathon\n')))
    assert.equal(await lookup('marathon', {}), '127.0.0.1')
    assert.deepEqual(dns.queries, [])
  })

  it('says ENOTFOUND where there is no address', async () => {
    const lookup = promisify(lookupFor(5000, system()))
    await assert.rejects(lookup('marathon', { all: true }), { code: 'ENOTFOUND', message: 'no address for marathon' })
  })
})
