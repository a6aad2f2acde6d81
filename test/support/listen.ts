import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

/**
 * Makes a server listen on a port of 127.0.0.1 (0: any). `close` also cuts its open connections. A server that a failed test forgot
 * does not keep the process alive.
 */
export async function listen(server: Server, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1').unref()
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
