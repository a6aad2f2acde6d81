import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { ask } from './ask.js'
import { until } from './wait.js'

/** A HAProxy in master-worker mode. */
export interface RunningHaproxy {
  pid: number
  /** All that master and workers have printed. */
  readonly log: string
  ask: typeof ask
  /** The `description` that runs: '' if the configuration has none, undefined if HAProxy does not answer. */
  running(): Promise<string | undefined>
  /** How many workers there are, those included that an earlier reload told to leave. */
  workers(): Promise<number>
  /** Sends SIGUSR2 once the master answers: HAProxy 2.6 loses one that comes while it starts or reloads. */
  reloadBySignal(): Promise<void>
  /** Ends master and workers and waits for it. */
  stop(): Promise<void>
}

const started = new Set<RunningHaproxy>()

process.on('exit', () => {
  for (const { pid } of started) killGroup(pid)
})

/** Starts HAProxy and waits until it answers on both sockets. Rejects with what it printed if it does not come up. */
export async function startHaproxy(
  configFile: string,
  { masterSocket, statsSocket }: { masterSocket: string; statsSocket: string },
): Promise<RunningHaproxy> {
  const child = launch(['-W', '-S', masterSocket, '-f', configFile])
  await once(child, 'spawn')
  const pid = child.pid as number
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (log += text))
  const haproxy: RunningHaproxy = {
    pid,
    ask,
    get log() {
      return log
    },
    running: () => describe(statsSocket),
    workers: () => countWorkers(masterSocket),
    reloadBySignal: async () => {
      await countWorkers(masterSocket)
      process.kill(pid, 'SIGUSR2')
    },
    stop: async () => {
      await end(child)
      started.delete(haproxy)
    },
  }
  started.add(haproxy)
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  try {
    await until(async () => hasEnded() || (await describe(statsSocket)) !== undefined, { what: 'HAProxy to answer' })
    if (hasEnded()) throw new Error(`HAProxy ended with status ${child.exitCode}`)
    await countWorkers(masterSocket)
  } catch (cause) {
    await haproxy.stop()
    throw new Error(`HAProxy does not start with ${configFile}:\n${log}`, { cause })
  }
  return haproxy
}

/** Stops every HAProxy that `startHaproxy` started: for an `after` hook. */
export async function stopAll(): Promise<void> {
  await Promise.all([...started].map((haproxy) => haproxy.stop()))
}

/** In a group of its own, so that one signal ends all; and it dies with the test process, however that ends. */
function launch(args: string[]): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'haproxy', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin` },
  })
  // A HAProxy that a failed test forgot must not keep the test process from ending.
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref()
  return child
}

async function describe(statsSocket: string): Promise<string | undefined> {
  const info = await ask(statsSocket, 'show info').catch(() => '')
  return info.includes('\nPid: ') ? (/^description: (.*)$/im.exec(info)?.[1] ?? '') : undefined
}

/** The master refuses connections while it re-executes itself for a reload. */
async function countWorkers(masterSocket: string): Promise<number> {
  let processes = ''
  const answered = async (): Promise<boolean> => {
    processes = await ask(masterSocket, 'show proc')
    return processes.includes('master')
  }
  await until(answered, { what: `the master to answer on ${masterSocket}` })
  return [...processes.matchAll(/^\d+\s+worker\s/gm)].length
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.ref()
    const stubborn = setTimeout(() => killGroup(child.pid as number), 2000)
    child.kill('SIGTERM')
    await once(child, 'exit')
    clearTimeout(stubborn)
  }
  killGroup(child.pid as number)
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
