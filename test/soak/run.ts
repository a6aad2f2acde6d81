import { setTimeout as sleep } from 'node:timers/promises'
import { startMarathon, type TestMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { randomFrom } from '../support/random.js'
import { countReloads, type RunningSite, startSite } from '../support/running-site.js'
import { until } from '../support/wait.js'
import { type Seen, startClients } from './clients.js'
import { type App, type Cluster, createCluster, type State } from './cluster.js'
import { deploy } from './deployments.js'
import { type Follower, startCron, startFollower } from './followers.js'
import { ageStaged, leavingsOf, makeTemporaryFolder } from './leavings.js'
import { befall } from './misfortunes.js'
import { watchServers } from './servers-seen.js'
import { startTimeLine, type TimeLine } from './time-line.js'
import { openTroubles, type Troubles } from './troubles.js'

/**
 * How long the soak is and which; all in seconds. Cron starts a run `every` so often that follows for `follow`; for the last `alone`
 * seconds there is one that nobody asks to hand over. `patient`: no task dies before HAProxy has left it, so that a busy machine is no
 * failure.
 */
export interface Plan {
  seed: number
  seconds: number
  every: number
  follow: number
  alone: number
  patient: boolean
}

/** What a soak saw: of its clients, states, reloads and runs, the last of them alone; `leavings` are sentences. */
export interface Soaked {
  plan: Plan
  timeLine: TimeLine
  troubles: Troubles
  seen: Seen
  states: State[]
  /** When HAProxy was seen to run other servers. */
  changes: number[]
  reloads: number
  followers: Follower[]
  last: Follower
  leavings: string[]
}

/** Node collects garbage late where there is room, which would look like growth. */
const narrow = ['--max-semi-space-size=1', '--max-old-space-size=32']

/** How long a run waits for Marathon's answer, in ms. */
const timeout = 2000

/** Deploys apps on a cluster under load, whatever befalls Marathon and the runs that follow it. Throws where it cannot go on. */
export async function soak(plan: Plan): Promise<Soaked> {
  const timeLine = startTimeLine()
  const site = await startSite()
  const marathon = await startMarathon([])
  const over = new AbortController()
  try {
    return await soakAt({ plan, timeLine, site, marathon, over: over.signal })
  } catch (cause) {
    const lines = timeLine.around(timeLine.now())
    throw new Error(`the soak cannot go on: ${cause}\n${lines.join('\n')}`, { cause })
  } finally {
    over.abort()
    await marathon.close()
    await site.end()
  }
}

interface Place {
  plan: Plan
  timeLine: TimeLine
  site: RunningSite
  marathon: TestMarathon
  over: AbortSignal
}

async function soakAt({ plan, timeLine, site, marathon, over }: Place): Promise<Soaked> {
  const troubles = openTroubles(timeLine)
  const random = randomFrom(plan.seed)
  const cluster = createCluster(await threeApps(), { marathon, timeLine, troubles, patient: plan.patient })
  await Promise.all(cluster.apps.flatMap((app) => [cluster.start(app), cluster.start(app)]))
  const watching = watchServers(site.statsSocket, cluster.states, timeLine)

  const args = [...site.args, '-m', marathon.url, '--timeout', `${timeout}ms`]
  const launch = { args, env: { TMPDIR: makeTemporaryFolder(site) }, timeLine, troubles, over }
  const cron = startCron({ ...plan, random }, launch)
  await allReached(cluster)
  const hosts = cluster.apps.map(({ host }) => host)
  const clients = startClients(site.httpPort, hosts, timeLine)
  let isOver = false
  const scene = { marathon, cluster, troubles, timeLine, random, timeout, isOver: () => isOver }
  const changes = Promise.all([...cluster.apps.map((app) => deploy(app, scene)), befall(scene)])
  // What goes wrong there is told below, where it is waited for.
  changes.catch(() => undefined)

  await sleep((plan.seconds - plan.alone) * 1000)
  const last = startFollower('the last follower', plan.alone + 60, launch, narrow)
  await cron.stop()
  await sleep(plan.alone * 1000)
  isOver = true
  await changes
  await allReached(cluster)
  await changeOnceMore(cluster, site)

  await clients.stop()
  await watching.stop()
  last.child.kill('SIGTERM')
  await last.done
  await cluster.ended()
  return {
    plan,
    timeLine,
    troubles,
    seen: clients.seen,
    states: cluster.states,
    changes: watching.changes,
    reloads: await countReloads(site),
    followers: cron.followers,
    last: last.follower,
    leavings: await leavingsOf(site),
  }
}

async function threeApps(): Promise<App[]> {
  const specs = { shop: true, api: true, blog: false }
  return Promise.all(
    Object.entries(specs).map(async ([name, isChecked]) => ({
      id: `/${name}`,
      version: 1,
      host: `${name}.test`,
      servicePort: await freePort(),
      isChecked,
      tasks: [],
    })),
  )
}

/** Waits until HAProxy runs what was announced last; one that it does not reach in time is found at the end. */
async function allReached({ states }: Cluster): Promise<void> {
  const isReached = (): boolean => states.every(({ reached }) => reached !== undefined)
  await until(isReached, { timeout: 20_000, what: 'the last state' }).catch(() => undefined)
}

/** A change sweeps away what runs that were killed have staged, once that is ten minutes old. */
async function changeOnceMore(cluster: Cluster, site: RunningSite): Promise<void> {
  ageStaged(site)
  for (const app of cluster.apps.slice(0, 1)) await cluster.start(app)
  await allReached(cluster)
}
