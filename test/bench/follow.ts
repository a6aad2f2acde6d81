import { runProgram } from '../support/program.js'
import { idleLines, marathonLines } from './follow-costs.js'
import { type Events, followEvents, plainRuns } from './follow-events.js'
import { idleMinute } from './follow-idle.js'
import { type Latencies, latencyLines, partLines } from './follow-latency.js'
import { startFollowedSite } from './follow-site.js'
import type { Section } from './section.js'

const eventsOfEach = 10
const runs = 20

/** From an event to HAProxy serving the change, beside a run a minute; and what a follower costs its host and Marathon. */
export async function follow(): Promise<Section> {
  const [hundred, idle] = await Promise.all([measure(100, 20), idleMinute(1000)])
  const thousand = await measure(idle.apps, 20)
  const all = [hundred, thousand]
  const parts = [latencyLines(all), partLines(all), idleLines(idle, thousand.memory), marathonLines(all, idle)]
  return { title: 'Following events', lines: parts.flatMap((part, at) => (at === 0 ? part : ['', ...part])) }
}

async function measure(apps: number, followers: number): Promise<Latencies & Events> {
  const site = await startFollowedSite(apps)
  try {
    await runProgram(site.args)
    process.stderr.write(`follow: ${apps} apps, ${runs} plain runs\n`)
    const plain = await plainRuns(site, runs)
    process.stderr.write(`follow: ${apps} apps, ${followers * eventsOfEach} events\n`)
    return { apps, plain, ...(await followEvents(site, followers, eventsOfEach)) }
  } finally {
    await site.end()
  }
}
