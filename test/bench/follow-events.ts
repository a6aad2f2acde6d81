import { setTimeout as sleep } from 'node:timers/promises'
import { elapsed } from '../../src/clock.js'
import type { Facts } from '../../src/facts.js'
import { runProgram } from '../support/program.js'
import { randomFrom } from '../support/random.js'
import { type Follower, letOneFollow, startFollower } from './follow-program.js'
import type { FollowedSite } from './follow-site.js'
import { type Memory, memoryOf } from './process-cost.js'

/** One event: the ms from it until Marathon was asked, until HAProxy served the change, and what the program says of its run (ms). */
export interface Followed {
  isFirst: boolean
  asked: number
  served: number
  fetch: number
  render: number
  validate: number
  /** What Marathon did for it. */
  requests: number
  sent: number
}

/** All events of some followers, and the memory of the last of them at its end. */
export interface Events {
  events: Followed[]
  memory: Memory
}

/** As cron starts them, followers are replaced: `processes` of them see `each` events, all of which change the configuration. */
export async function followEvents(site: FollowedSite, processes: number, each: number): Promise<Events> {
  const random = randomFrom(1)
  const events: Followed[] = []
  let memory: Memory = { rss: 0, pss: 0 }
  for (let process = 0; process < processes; process++) {
    await letOneFollow(site.args)
    const follower = await startFollower(site.args)
    try {
      for (let event = 0; event < each; event++) {
        await sleep(random(100))
        events.push({ isFirst: event === 0, ...(await followOne(site, follower)) })
      }
      memory = memoryOf(follower.pid)
    } finally {
      await follower.stop()
    }
  }
  return { events, memory }
}

async function followOne(site: FollowedSite, follower: Follower): Promise<Omit<Followed, 'isFirst'>> {
  await site.marathon.done()
  const at = await site.change()
  const served = (await site.served()) - at
  const { durations } = await follower.run('updated')
  const { arrivals, sent } = await site.marathon.done()
  await site.calm()
  const ms = (phase: keyof Facts['durations']): number => 1000 * (durations[phase] ?? Number.NaN)
  const [asked = Number.NaN] = arrivals
  return {
    asked: asked - at,
    served,
    fetch: ms('fetch'),
    render: ms('render'),
    validate: ms('validate'),
    requests: arrivals.length,
    sent,
  }
}

/** The ms from the start of each of some plain runs that find one change until HAProxy serves it. */
export async function plainRuns(site: FollowedSite, count: number): Promise<number[]> {
  const took: number[] = []
  for (let run = 0; run < count; run++) {
    await site.change()
    const began = elapsed()
    const [served, { status, stderr }] = await Promise.all([site.served(), runProgram(site.args)])
    if (status !== 0) throw new Error(`status ${status}: ${stderr}`)
    took.push(served - began)
    await site.calm()
  }
  return took
}
