import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Between the requests of a loop, in ms: the load is to see every reload, not to take the processors from it. */
const pause = 20

/** How many requests went well and how many did not, with the first ten reasons. */
export interface Totals {
  ok: number
  failed: number
  failures: string[]
}

/**
 * Starts loops of HTTP requests, each with a connection of its own. All but a whole reply of status 200 within 5 s is a failure.
 * `totals` counts along; `stop` waits for the requests under way.
 */
export function startLoad(
  url: string,
  { host, loops = 8 }: { host?: string; loops?: number } = {},
): { totals: Totals; stop(): Promise<Totals> } {
  const totals: Totals = { ok: 0, failed: 0, failures: [] }
  let stopped = false
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await sleep(pause)
      const failure = await request(url, host)
      if (failure === undefined) totals.ok++
      else if (++totals.failed <= 10) totals.failures.push(failure)
    }
  }
  const running = Promise.all(Array.from({ length: loops }, loop))
  const stop = async (): Promise<Totals> => {
    stopped = true
    await running
    return totals
  }
  return { totals, stop }
}

/** The reason of the failure, if it is one. */
function request(url: string, host: string | undefined): Promise<string | undefined> {
  const headers = { Connection: 'close', ...(host === undefined ? {} : { Host: host }) }
  return new Promise((resolve) => {
    const outgoing = get(url, { agent: false, headers, timeout: 5000 }, (response) => {
      response.resume().on('error', (error) => resolve(error.message))
      response.on('end', () => resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no reply in 5 s')))
    outgoing.on('error', (error) => resolve(error.message))
  })
}
