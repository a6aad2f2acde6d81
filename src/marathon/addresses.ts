import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'
import { askNames, type NameSystem, nameOf, systemNames } from './name-system.js'

/**
 * The address of each host that has one (design §4), whatever the order of the answers; an IP address is its own. The address
 * last `seen` stays while it is among the answers or no answer is of use; else the lowest IPv4, else the lowest IPv6, loopback
 * and link-local last. Takes at most `limit` ms; what is not answered by then counts as failed.
 */
export async function resolveHosts(
  hosts: Iterable<string>,
  seen: Readonly<Record<string, string>>,
  limit: number,
  system: NameSystem = systemNames,
): Promise<Map<string, string>> {
  const all = new Set(hosts)
  const names = new Set([...all].filter((host) => !isIP(host)).map(nameOf))
  const answers = await askNames(names, isConclusive, limit, system)
  const last = new Map(Object.entries(seen).map(([host, address]) => [nameOf(host), address]))
  const addresses = new Map<string, string>()
  for (const host of all) {
    const name = nameOf(host)
    const address = isIP(host) ? host : choose(bestFirst(answers.get(name)), last.get(name))
    if (address !== undefined) addresses.set(host, address)
  }
  return addresses
}

/**
 * `dns.lookup` for `net.connect`, with at most `limit` ms for a name: Node's own cannot be cancelled and outlives the run. As
 * there, what the hosts file says is final. Gives the error ENOTFOUND where there is no address.
 */
export function lookupFor(limit: number, system: NameSystem = systemNames): LookupFunction {
  return async (hostname, { all }, callback) => {
    const name = nameOf(hostname)
    const answers = await askNames(new Set([name]), (_, found) => found.length > 0, limit, system)
    const addresses = bestFirst(answers.get(name)).map((address) => ({ address, family: isIP(address) }))
    const [first] = addresses
    if (!first) callback(Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' }), [])
    else if (all) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
}

/** A machine's own name is often 127.0.1.1 in its hosts file: then DNS is asked too, but never for localhost (RFC 6761). */
const isConclusive = (name: string, found: string[]): boolean =>
  found.some(isRoutable) || name === 'localhost' || name.endsWith('.localhost')

function choose(answers: string[], last: string | undefined): string | undefined {
  const routable = answers.filter(isRoutable)
  const lastStays = last !== undefined && (routable.length === 0 || routable.includes(last))
  return lastStays ? last : answers[0]
}

const isRoutable = (address: string): boolean => !local.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')

const local = new BlockList()
local.addSubnet('127.0.0.0', 8)
local.addSubnet('169.254.0.0', 16)
local.addAddress('::1', 'ipv6')
local.addSubnet('fe80::', 10, 'ipv6')

const bestFirst = (answers: string[] = []): string[] => answers.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))

/** Text that sorts as addresses do: routable ones first, then IPv4, then by number. */
const sortKey = (address: string): string =>
  [isRoutable(address) ? 0 : 1, isIP(address), ...groupsOf(address)].map((group) => `${group}`.padStart(4, '0')).join()

function groupsOf(address: string): string[] {
  if (isIPv4(address)) return address.split('.')
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter(Boolean))
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
}
