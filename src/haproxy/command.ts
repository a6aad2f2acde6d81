import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { constants } from 'node:os'
import { onDeath } from '../cleanup.js'
import { elapsed } from '../clock.js'
import { secretVariables } from '../options.js'

/** How a command ended: `exited` with a status (128+n for a signal), `overran` its limit and was killed, or was never `started`. */
export type Ended =
  | { how: 'exited'; status: number; output: string }
  | { how: 'overran'; output: string }
  | { how: 'not-started'; reason: string }

const mostOutput = 16 * 2 ** 20
const mostShown = 64 * 2 ** 10

/** Loads what starting a program needs, for whoever knows that one will be started soon. */
export const loadExeca = () => import('execa')

/**
 * Runs a program in its own process group with standard input closed, at most `limit` ms and 16 MiB of output;
 * then the whole group is killed. stdout and stderr go to the file `log`, not to a pipe: a daemon that the command starts may keep them open, and is left alone.
 */
export async function runCommand(program: string, args: string[], limit: number, log: string): Promise<Ended> {
  const { execa } = await loadExeca()
  // execa takes every descriptor; its types list 3 to 9 only.
  const output = openSync(log, 'w+', 0o600) as 3
  const streams = { stdin: 'ignore', stdout: output, stderr: output } as const
  const options = {
    ...streams,
    detached: true,
    reject: false,
    env: withoutSecrets(process.env),
    extendEnv: false,
  } as const
  try {
    const child = execa(program, args, options)
    const killGroup = (): void => {
      if (child.pid) killQuietly(-child.pid)
    }
    const forget = onDeath(killGroup)
    let overran = false
    const end = elapsed() + limit
    const timer = setInterval(
      () => {
        if (elapsed() < end && fstatSync(output).size < mostOutput) return
        overran = true
        killGroup()
      },
      Math.min(20, limit),
    )
    const result = await child
    clearInterval(timer)
    forget()
    const said = tailOf(output)
    if (overran) return { how: 'overran', output: said }
    if (result.exitCode !== undefined) return { how: 'exited', status: result.exitCode, output: said }
    if (result.signal) {
      const status = 128 + constants.signals[result.signal]
      return { how: 'exited', status, output: `${said}\nended by ${result.signal}`.trim() }
    }
    return { how: 'not-started', reason: result.originalMessage ?? result.shortMessage ?? 'it could not be started' }
  } finally {
    closeSync(output)
  }
}

/** HAProxy, or whatever a command leaves running, has no use for the secrets of Marathon. */
const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !secretVariables.includes(name)))

/** The end of what was said. */
function tailOf(output: number): string {
  const { size } = fstatSync(output)
  const tail = Buffer.alloc(Math.min(size, mostShown))
  readSync(output, tail, 0, tail.length, size - tail.length)
  return tail.toString('utf8').trim()
}

function killQuietly(group: number): void {
  try {
    process.kill(group, 'SIGKILL')
  } catch {
    // The group has ended by itself in the meantime.
  }
}
