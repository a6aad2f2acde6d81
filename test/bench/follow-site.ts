import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { elapsed } from '../../src/clock.js'
import { startHttpApp } from '../support/http-app.js'
import { startSite } from '../support/running-site.js'
import { until } from '../support/wait.js'
import { type FollowedMarathon, startFollowedMarathon } from './follow-marathon.js'

/** A HAProxy, a Marathon with a task that comes and goes, and the server that this task is. */
export interface FollowedSite {
  marathon: FollowedMarathon
  /** The options that make the program work here. */
  args: string[]
  /** Adds the task, or removes it. Gives when the event was written, by `elapsed()`. */
  change(): Promise<number>
  /** Waits until HAProxy answers a request as the last change wants it. Gives when it did. */
  served(): Promise<number>
  /** Waits until the last reload has come to its end: HAProxy 2.6 loses one that comes too early after another. */
  calm(): Promise<void>
  end(): Promise<void>
}

const bind = '127.0.0.3'
const host = 'changing.test'
const longest = 30_000

/** Starts such a site with so many apps beside the one that changes. */
export async function startFollowedSite(apps: number): Promise<FollowedSite> {
  const [site, server] = await Promise.all([startSite(), startHttpApp('task')])
  const marathon = await startFollowedMarathon(apps, server.port, host)
  let isThere = false
  return {
    marathon,
    args: [...site.args, '--bind', bind, '--marathon', marathon.url],
    change() {
      isThere = !isThere
      return marathon.change()
    },
    served: () => firstAnswer(site.httpPort, isThere ? 200 : 503),
    calm: () =>
      until(async () => (await site.haproxy.workers()) === 1, { timeout: longest, what: 'the old worker to leave' }),
    async end() {
      await Promise.all([marathon.stop(), site.end(), server.close()])
    },
  }
}

/** Asks every 2 ms: the task's server says 200, and HAProxy itself 503 where there is none. */
async function firstAnswer(port: number, wanted: number): Promise<number> {
  for (const end = elapsed() + longest; elapsed() < end; await sleep(2)) {
    if ((await statusAt(port)) === wanted) return elapsed()
  }
  throw new Error(`HAProxy did not answer ${wanted} within ${longest / 1000} s`)
}

/** On a connection of its own; undefined where it is cut, or silent for a second. */
function statusAt(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: bind, port, headers: { host }, agent: false, timeout: 1000 }, (response) => {
      response.resume().on('close', () => resolve(response.statusCode))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}
