import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure, TimeLine } from './time-line.js'

/** What clients saw: how long each answer took (ms), how many requests were sent again on a new connection, and what failed. */
export interface Seen {
  latencies: number[]
  again: number
  failures: Failure[]
}

/** Between the requests of a client, in ms: they are to see every reload, not to take the processors from it. */
const pause = 20
/** Longer than HAProxy takes to give up a server that refuses, and to ask another. */
const patience = 10_000

/**
 * Starts two clients for each host, through HAProxy's port: one keeps its connection, the other takes a new one each time. An answer
 * is right if it has status 200 and the host's name in it. `stop` waits for the requests under way.
 */
export function startClients(port: number, hosts: string[], timeLine: TimeLine): { seen: Seen; stop(): Promise<void> } {
  const seen: Seen = { latencies: [], again: 0, failures: [] }
  let isOver = false
  const client = async (host: string, agent: Agent | false): Promise<void> => {
    while (!isOver) {
      await sleep(pause)
      const began = timeLine.now()
      const failure = await ask({ port, host, agent }, seen)
      if (failure === undefined) seen.latencies.push(timeLine.now() - began)
      else fail(`a request for ${host} that was sent at ${(began / 1000).toFixed(3)} s failed: ${failure}`)
    }
    if (agent) agent.destroy()
  }
  const fail = (says: string): void => {
    seen.failures.push({ at: timeLine.now(), says })
    timeLine.note(says)
  }
  const agents = () => [new Agent({ keepAlive: true, maxSockets: 1 }), false as const]
  const running = hosts.flatMap((host) => agents().map((agent) => client(host, agent)))
  const stop = async (): Promise<void> => {
    isOver = true
    await Promise.all(running)
  }
  return { seen, stop }
}

interface Asking {
  port: number
  host: string
  agent: Agent | false
}

/**
 * The reason of the failure, if it is one. A connection that was kept may be closed from the other side just when it is used again,
 * by HTTP/1.1 and not by fault: as browsers do, the request is sent again (RFC 9112 §9.3.1).
 */
async function ask(asking: Asking, seen: Seen): Promise<string | undefined> {
  const failure = await askOnce(asking)
  if (failure !== closedMeanwhile) return failure
  seen.again++
  return askOnce(asking)
}

const closedMeanwhile = 'the kept connection was closed'

function askOnce({ port, host, agent }: Asking): Promise<string | undefined> {
  return new Promise((resolve) => {
    const outgoing = get({ port, host: '127.0.0.1', agent, headers: { Host: host }, timeout: patience }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('error', (error) => resolve(error.message))
      response.on('end', () => resolve(judge(response.statusCode, text, host)))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${patience} ms`)))
    outgoing.on('error', ({ message, code }: NodeJS.ErrnoException) =>
      resolve(outgoing.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(code ?? '') ? closedMeanwhile : message),
    )
  })
}

function judge(status: number | undefined, text: string, host: string): string | undefined {
  if (status !== 200) return `status ${status}`
  return text === host ? undefined : `it was answered by ${text.slice(0, 40)}`
}
