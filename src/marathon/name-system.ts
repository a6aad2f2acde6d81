import type { Resolver } from 'node:dns/promises'
import { promises as files } from 'node:fs'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where names are looked up. `servers` are `address:port`; without them DNS is asked where the system's resolv.conf says. */
export interface NameSystem {
  servers?: string[]
  hostsFile: string
  resolvConf: string
}

/** The name system of this machine. */
export const systemNames: NameSystem = { hostsFile: '/etc/hosts', resolvConf: '/etc/resolv.conf' }

// More at a time would overflow the socket of many a DNS server.
const namesAtOnce = 64
/** A name without an answer gives way to the next after so many ms: else a few silent ones would keep all others waiting. */
const patience = 300

/** The form in which names are compared: lower case, without the dot at the end. */
export const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, '')

/**
 * All addresses of each name (see `nameOf`), in no order: those of the hosts file, and those of DNS where these are not `enough`.
 * Takes at most `limit` ms; a name that is not answered by then has no answer. Never throws.
 */
export async function askNames(
  names: Set<string>,
  enough: (name: string, found: string[]) => boolean,
  limit: number,
  system: NameSystem,
): Promise<Map<string, string[]>> {
  if (names.size === 0) return new Map()
  const answers = await readHosts(system.hostsFile)
  const open = [...names].filter((name) => !enough(name, answers.get(name) ?? []))
  if (open.length > 0) await askDns(open, answers, limit, system)
  return answers
}

async function readHosts(path: string): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>()
  for (const [address = '', ...names] of await readWords(path)) {
    if (isIP(address)) for (const name of names) add(answers, nameOf(name), [address.toLowerCase()])
  }
  return answers
}

async function askDns(
  open: string[],
  answers: Map<string, string[]>,
  limit: number,
  system: NameSystem,
): Promise<void> {
  const { Resolver } = await import('node:dns/promises')
  const resolver = new Resolver({ timeout: 1500, tries: 2 })
  if (system.servers) resolver.setServers(system.servers)
  const spellingsOf = searchList(await readWords(system.resolvConf))
  const queue = open.values()
  const asked: Promise<void>[] = []
  let timeIsUp = false
  const timer = setTimeout(() => {
    timeIsUp = true
    resolver.cancel()
  }, limit)
  const worker = async () => {
    for (const name of queue) {
      if (timeIsUp) return
      const answered = firstAnswer(resolver, spellingsOf(name)).then((found) => add(answers, name, found))
      asked.push(answered)
      await Promise.race([answered, sleep(patience, undefined, { ref: false })])
    }
  }
  await Promise.all(Array.from({ length: namesAtOnce }, worker))
  await Promise.all(asked)
  clearTimeout(timer)
}

/** What to ask for, in order, as in resolv.conf(5): the last `search` or `domain` counts, and `ndots`. Resolver heeds neither. */
function searchList(lines: string[][]): (name: string) => string[] {
  const domains = lines.findLast(([keyword]) => keyword === 'search' || keyword === 'domain')?.slice(1) ?? []
  const options = lines.filter(([keyword]) => keyword === 'options').flat()
  const ndots = Number(options.findLast((option) => option.startsWith('ndots:'))?.slice('ndots:'.length) ?? 1)
  return (name) => {
    const extended = domains.map((domain) => `${name}.${nameOf(domain)}`)
    const dots = name.split('.').length - 1
    return dots >= ndots ? [name, ...extended] : [...extended, name]
  }
}

/** The addresses of the first spelling that has any. Silence ends the search: the next spelling may be another machine. */
async function firstAnswer(resolver: Resolver, spellings: string[]): Promise<string[]> {
  for (const name of spellings) {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    // Without its IPv4 answer, a host of both kinds would move to IPv6 for one lost packet.
    if (isSilence(v4)) return []
    const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length > 0 || isSilence(v6)) return found
  }
  return []
}

const isSilence = (answer: PromiseSettledResult<string[]>): boolean =>
  answer.status === 'rejected' && ['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED'].includes(answer.reason.code)

function add(answers: Map<string, string[]>, name: string, found: string[]): void {
  answers.set(name, [...(answers.get(name) ?? []), ...found])
}

/** The words of each line of a file in /etc, without its comments; none where it cannot be read. */
async function readWords(path: string): Promise<string[][]> {
  const text = await files.readFile(path, 'utf8').catch(() => '')
  return text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .split(/\s+/)
      .filter(Boolean),
  )
}
