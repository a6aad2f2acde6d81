import { connect } from 'node:net'

/** What a command socket of HAProxy said, or why it said nothing: `absent` (no socket, refused), `forbidden`, or `silent`. */
export type Answer = { how: 'answered'; text: string } | { how: 'absent' } | { how: 'forbidden' } | { how: 'silent' }

/**
 * Sends one command to a stats or master socket and reads the answer to its end, at most `limit` ms. The sending side is closed
 * after the command, since the master socket would wait for more otherwise.
 */
export function ask(path: string, command: string, limit: number): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(path)
    const end = (answer: Answer): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ how: 'silent' }), limit)
    socket.on('connect', () => socket.end(`${command}\n`))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => end({ how: 'answered', text: Buffer.concat(chunks).toString('utf8') }))
    socket.on('error', (error: NodeJS.ErrnoException) => end(failure(error)))
  })
}

function failure(error: NodeJS.ErrnoException): Answer {
  if (error.code === 'EACCES' || error.code === 'EPERM') return { how: 'forbidden' }
  return error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTSOCK'
    ? { how: 'absent' }
    : { how: 'silent' }
}
