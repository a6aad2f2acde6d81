import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../support/ask.js'
import { portsKey, type State } from './cluster.js'
import type { TimeLine } from './time-line.js'

/** How often HAProxy is asked, in ms. */
const interval = 50

/**
 * Asks HAProxy on its stats socket which servers it runs, and writes down when it ran each state, and the times of all `changes`. A
 * state that was overtaken by the next before it was run is reached when that is.
 */
export function watchServers(
  statsSocket: string,
  states: State[],
  timeLine: TimeLine,
): { changes: number[]; stop(): Promise<void> } {
  const changes: number[] = []
  let isOver = false
  let last = ''
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const ports = await runningPorts(statsSocket)
      if (ports !== undefined && ports !== last) note(ports)
      if (ports !== undefined) last = ports
      await sleep(interval)
    }
  }
  const note = (ports: string): void => {
    const at = timeLine.now()
    changes.push(at)
    const reached = states.findLastIndex((state) => state.ports === ports)
    timeLine.note(`HAProxy runs ${reached < 0 ? `no state that was announced (${ports})` : `state ${reached}`}`)
    for (const state of states.slice(0, reached + 1)) state.reached ??= at
  }
  const watching = watch()
  const stop = async (): Promise<void> => {
    isOver = true
    await watching
  }
  return { changes, stop }
}

/** The ports of all servers; a worker that is just being replaced answers nothing. */
async function runningPorts(statsSocket: string): Promise<string | undefined> {
  const answer = await ask(statsSocket, 'show servers state').catch(() => '')
  if (!answer.includes('srv_name')) return undefined
  return portsKey([...answer.matchAll(/ 127\.0\.0\.1_(\d+) /g)].map(([, port]) => Number(port)))
}
