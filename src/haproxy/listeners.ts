import { createServer } from 'node:net'
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
  const isHeld = (bind: Bind): boolean => heldByPort.get(bind.port)?.some((other) => overlap(other, bind)) ?? false
  const refused: Refused[] = []
  for (const bind of binds) {
    if (same.has(`${bind.address} ${bind.port}`)) continue
    const code = await tryListener(bind)
    if (code && !(code === 'EADDRINUSE' && isHeld(bind))) refused.push({ bind, code })
  }
  return refused
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
