import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const blockSize = 100
const lowest = 11_000
const candidates: number[] = []

/**
 * A free TCP port of 127.0.0.1, below the ports that outgoing connections take. It is handed out once: never again in this process,
 * and in no other test process that runs at the same time.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = candidates.pop()
    if (port === undefined) candidates.push(...(await claimBlock()))
    else if ((await isFree(port, '127.0.0.1')) && (await isFree(port, '0.0.0.0'))) return port
  }
}

/** A block of ports belongs to the process that holds its first one, until that process ends. */
async function claimBlock(): Promise<number[]> {
  for (;;) {
    const first = lowest + blockSize * Math.floor((Math.random() * (highest() - lowest)) / blockSize)
    const claim = createServer().unref()
    if (await binds(claim, first, '127.0.0.1')) return Array.from({ length: blockSize - 1 }, (_, n) => first + 1 + n)
  }
}

/** The ephemeral range is left out, except where it leaves hardly anything. */
function highest(): number {
  const ephemeral = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10)
  return ephemeral > 2 * lowest ? Math.min(ephemeral, 31_000) : 31_000
}

async function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer()
  if (!(await binds(server, port, address))) return false
  server.close()
  await once(server, 'close')
  return true
}

async function binds(server: ReturnType<typeof createServer>, port: number, address: string): Promise<boolean> {
  server.listen(port, address)
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  }
}
