import { readFileSync } from 'node:fs'
import { createServer, isIPv6 } from 'node:net'
import { type Bind, bindsByPort, overlap } from './config-text.js'

/** Why a listener cannot be opened: the errno, such as EADDRINUSE, EADDRNOTAVAIL or EACCES. */
export interface Refused {
  bind: Bind
  code: string
}

/**
 * Tries each bind that HAProxy does not hold yet and gives those that fail. A reload onto a busy port would stop *all* listeners for
 * two seconds, and `haproxy -c` never binds. `held` are the binds of what the running HAProxy loaded: the same bind needs no try,
 * and a port that is in use counts as HAProxy's own where a bind that it holds covers that address.
 */
export async function tryListeners(binds: Bind[], held: Bind[]): Promise<Refused[]> {
  const same = new Set(held.map(({ address, port }) => `${address} ${port}`))
  const heldByPort = bindsByPort(held)
  let listening: Map<number, string[]> | undefined
  const isHeld = (bind: Bind): boolean => {
    listening ??= listeningByPort()
    return holdsAll(bind, heldByPort.get(bind.port) ?? [], listening.get(bind.port) ?? [])
  }
  const refused: Refused[] = []
  for (const bind of binds) {
    if (bind.isUntriable || same.has(`${bind.address} ${bind.port}`)) continue
    const code = await tryListener(bind)
    if (code && !(code === 'EADDRINUSE' && isHeld(bind))) refused.push({ bind, code })
  }
  return refused
}

/** A port that is in use where a held bind covers the address may be in use by somebody else besides, at another address. */
function holdsAll(bind: Bind, held: Bind[], listening: string[]): boolean {
  if (!held.some((other) => overlap(other, bind))) return false
  const isHeld = (address: string): boolean =>
    held.some((other) => (other.address === '*' ? '0.0.0.0' : other.address) === address)
  return inTheWayOf(bind, listening).every(isHeld)
}

/** Where others listen so that a bind fails. What listens to all of IPv6 has IPv4 as well unless IPv4 is listened to beside it. */
function inTheWayOf(bind: Bind, all: string[]): string[] {
  const alike = all.filter((address) => isIPv6(address) === isIPv6(bind.address))
  const rivals = bind.address === '::' || alike.length === 0 ? all : alike
  return rivals.filter((address) => overlap({ address, port: bind.port }, bind))
}

/** The addresses at which this host listens, by port, as Linux lists them. */
function listeningByPort(): Map<number, string[]> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readIfAny).join('\n')
  const byPort = new Map<number, string[]>()
  for (const [, address = '', hex = ''] of tables.matchAll(/^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /gm)) {
    const port = Number.parseInt(hex, 16)
    const others = byPort.get(port)
    if (others) others.push(addressOf(address))
    else byPort.set(port, [addressOf(address)])
  }
  return byPort
}

/** An address in hex, in groups of four bytes of which each is turned round; IPv4 by way of IPv6 is IPv4. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((group) => (group.match(/../g) ?? []).reverse())
  const v4 = bytes.length === 4 || /^0{20}FFFF/.test(bytes.join('')) ? bytes.slice(-4) : undefined
  if (v4) return v4.map((byte) => Number.parseInt(byte, 16)).join('.')
  const groups = bytes.flatMap((byte, at) => (at % 2 === 0 ? [byte + bytes[at + 1]] : []))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Without the table, HAProxy's own word for what it holds has to do.
    return ''
  }
}

function tryListener({ address, port }: Bind): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host: address === '*' ? '0.0.0.0' : address, port, exclusive: true }, () => {
      server.close(() => resolve(undefined))
    })
  })
}
