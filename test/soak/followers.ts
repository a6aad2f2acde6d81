import { readFileSync } from 'node:fs'
import { type Result, startProgram } from '../support/program.js'
import type { TimeLine } from './time-line.js'
import type { Troubles } from './troubles.js'

/** A run that follows: how it ended, and its memory (resident, MiB) from time to time. */
export interface Follower {
  name: string
  isKilled: boolean
  memory: number[]
  end?: Result & { at: number }
}

/** How runs are started: their options, `--follow` aside, and their environment. All end when it is `over`. */
export interface Launch {
  args: string[]
  env: Record<string, string>
  timeLine: TimeLine
  troubles: Troubles
  over: AbortSignal
}

/** A run that goes on: `done` is when it has ended. */
interface Started {
  follower: Follower
  child: ReturnType<typeof startProgram>['child']
  done: Promise<void>
}

/** Starts a run that follows for so many seconds. */
export function startFollower(
  name: string,
  seconds: number,
  { args, env, timeLine, over }: Launch,
  nodeArgs: string[] = [],
): Started {
  const follower: Follower = { name, isKilled: false, memory: [] }
  timeLine.note(`${name} starts`)
  const limits = { signal: over, timeout: (seconds + 20) * 1000, nodeArgs }
  const { child, done } = startProgram([...args, '--follow', `${seconds}s`], { env, ...limits })
  const sampling = setInterval(() => follower.memory.push(...residentMemory(child.pid)), 250)
  const ended = done
    .finally(() => clearInterval(sampling))
    .then((result) => {
      follower.end = { ...result, at: timeLine.now() }
      const said = result.stderr.trim()
      timeLine.note(`${name} ends with ${result.signal ?? `status ${result.status}`}${said && `: ${said}`}`)
    })
  return { follower, child, done: ended }
}

/** When cron starts runs, and for how long they follow, in seconds. */
interface Times {
  every: number
  follow: number
  random: (limit: number) => number
}

/**
 * A cron whose minute is `every` seconds; of every three runs, one is killed with -9 at some moment before the next. `stop`, after
 * another was started, ends those that are left by SIGTERM.
 */
export function startCron({ every, follow, random }: Times, launch: Launch) {
  const { troubles, over } = launch
  const started: Started[] = []
  let killing: NodeJS.Timeout | undefined
  let isHeardAgain = (): void => undefined
  const start = (): void => {
    const one = startFollower(`follower ${started.length + 1}`, follow, launch)
    isHeardAgain()
    started.push(one)
    if (started.length % 3 === 2) killing = setTimeout(() => kill(one), 500 + random(1000 * every - 1500))
  }
  const kill = ({ follower, child }: Started): void => {
    isHeardAgain = troubles.begin(`${follower.name} is killed with -9, so that nobody listens`)
    follower.isKilled = child.kill('SIGKILL')
  }
  start()
  const minute = setInterval(start, every * 1000)
  const startNoMore = (): void => {
    clearInterval(minute)
    clearTimeout(killing)
  }
  over.addEventListener('abort', startNoMore)
  const stop = async (): Promise<void> => {
    startNoMore()
    isHeardAgain()
    for (const { child } of started) child.kill('SIGTERM')
    await Promise.all(started.map(({ done }) => done))
  }
  return {
    get followers() {
      return started.map(({ follower }) => follower)
    },
    stop,
  }
}

function residentMemory(pid: number | undefined): number[] {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? [] : [Number(kilobytes) / 1024]
  } catch {
    // It has just ended.
    return []
  }
}
