import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopAll } from '../support/haproxy.js'
import { hostName, hosts, otherHost, pathName, pathsOfOneHost, sharedHost } from './many-hosts-apps.js'
import { type Balancer, type Routing, startBalancer, startOrigin } from './many-hosts-haproxy.js'
import { type Cores, type Question, requestsPerSecond, seconds, twoCores } from './many-hosts-load.js'
import { median, ratio, type Section, table } from './section.js'

const rounds = 7

/** Something for each that is compared: one host without a rule, and a case by each way to route it. */
type Compared<Thing> = Record<'one' | Way, Thing>

type Way = Exclude<Routing, 'none'>

interface Case {
  name: string
  questions: Compared<Question>
}

/**
 * The part of the report on many hosts and paths: what HAProxy serves with the packaged templates and with a list of
 * rules, beside what it serves with one host.
 */
export async function manyHosts(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'hu-'))
  const cores = twoCores()
  try {
    const cases = await startAll(folder, cores)
    return sectionOf(cases, await measure(cases, cores.others))
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts a HAProxy for each number of hosts or paths and each way to route them, all before one server. */
async function startAll(folder: string, cores: Cores): Promise<Case[]> {
  const server = await startOrigin(join(folder, 'origin'), cores.others)
  const start = (name: string, routing: Routing, apps: unknown[]): Promise<Balancer> =>
    startBalancer(join(folder, `${name}-${routing}`), cores.measured, apps, routing)
  const both = async (name: string, apps: unknown[]): Promise<Record<Way, Balancer>> => ({
    maps: await start(name, 'maps', apps),
    rules: await start(name, 'rules', apps),
  })
  const one: Question = { balancer: await start('one-host', 'none', hosts(1, server)), host: hostName(1), path: '/' }
  const thousand = await both('1000-hosts', hosts(1000, server))
  const five = await both('5000-hosts', hosts(5000, server))
  const paths = await both('1000-paths', pathsOfOneHost(1000, server))
  const caseOf = (name: string, { maps, rules }: Record<Way, Balancer>, host: string, path = '/'): Case => ({
    name,
    questions: { one, maps: { balancer: maps, host, path }, rules: { balancer: rules, host, path } },
  })
  return [
    caseOf('1,000 hosts: the 500th', thousand, hostName(500)),
    caseOf('1,000 hosts: the last', thousand, hostName(1000)),
    caseOf('5,000 hosts: the 2,500th', five, hostName(2500)),
    caseOf('5,000 hosts: the last', five, hostName(5000)),
    caseOf('1,000 paths of one host: the 500th', paths, sharedHost, pathName(500)),
    caseOf('1,000 paths of one host: the last', paths, sharedHost, pathName(1000)),
    caseOf('another host beside 1,000 paths', paths, otherHost),
  ]
}

/** The rounds of each case, in requests a second. What is compared is asked at once: a busy machine hits all alike. */
async function measure(cases: Case[], core: number): Promise<Compared<number>[][]> {
  const measured: Compared<number>[][] = cases.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, { questions }] of cases.entries()) {
      const rates = [questions.one, questions.maps, questions.rules].map((one) => requestsPerSecond(one, core))
      const [one = Number.NaN, maps = Number.NaN, rules = Number.NaN] = await Promise.all(rates)
      measured[at]?.push({ one, maps, rules })
    }
  }
  return measured
}

function sectionOf(cases: Case[], measured: Compared<number>[][]): Section {
  const perSecond = (found: Compared<number>[], way: keyof Compared<number>): string =>
    (100 * Math.round(median(found.map((round) => round[way])) / 100)).toLocaleString('en')
  const ofOne = (found: Compared<number>[], way: Way): string =>
    ratio(median(found.map((round) => round[way] / round.one)))
  const rows = cases.map(({ name }, at) => {
    const found = measured[at] ?? []
    return [name, ofOne(found, 'maps'), ofOne(found, 'rules'), perSecond(found, 'maps')]
  })
  return {
    title: 'Many hosts and paths',
    lines: [
      'How many requests one thread of HAProxy serves with the packaged templates, and with the same hosts and paths as a list of rules',
      '(`acl` and `use_backend … if`, as marathon-lb writes them by default), beside one that sends all to a single backend. Requests',
      'are counted for each second of CPU that HAProxy used. The three share a core and are asked at once, always for the same place;',
      `wrk (32 connections, kept) and the server behind have another core. Medians of ${rounds} rounds of ${seconds} seconds.`,
      '',
      ...table(
        ['', 'of one host, no rule', 'rule list, of one host, no rule', 'requests a second'],
        [['one host, no rule', ratio(1), '', perSecond(measured.flat(), 'one')], ...rows],
      ),
    ],
  }
}
