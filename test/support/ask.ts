import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'

/** What HAProxy answers to a command on its stats or master socket. Rejects where nobody listens or nothing comes for 2 s. */
export async function ask(socket: string, command: string): Promise<string> {
  const connection = createConnection(socket)
  connection.setTimeout(2000, () => connection.destroy(new Error(`no answer on ${socket} to "${command}"`)))
  // The half-close is what ends a conversation with the master, which would otherwise wait for the next command.
  connection.end(`${command}\n`)
  return text(connection)
}
