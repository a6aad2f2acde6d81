import { setTimeout as sleep } from 'node:timers/promises'
import { shuffled } from '../support/random.js'
import type { App, Cluster } from './cluster.js'
import type { TimeLine } from './time-line.js'

/** The numbers of tasks that an app is scaled between. */
const [fewest, most] = [2, 4]

interface Scene {
  cluster: Cluster
  timeLine: TimeLine
  random: (limit: number) => number
  isOver: () => boolean
}

/** Deploys and scales an app again and again, until all `isOver`; there never are fewer than two tasks that run. */
export async function deploy(app: App, { cluster, timeLine, random, isOver }: Scene): Promise<void> {
  while (!isOver()) {
    await sleep(300 + random(1500))
    const count = running(app).length
    const possible = [roll, ...(count < most ? [scaleUp] : []), ...(count > fewest ? [scaleDown] : [])]
    for (const change of shuffled(possible, random).slice(0, 1)) {
      timeLine.note(`${app.id}: ${change.name}`)
      await change(app, cluster, () => sleep(300 + random(700)))
    }
  }
}

/** A rolling deployment: a new task for each old one, before that is told to end; and a rest before the next. */
async function roll(app: App, cluster: Cluster, rest: () => Promise<void>): Promise<void> {
  const old = running(app)
  cluster.upgrade(app)
  for (const task of old) {
    await cluster.start(app)
    await cluster.kill(app, task)
    await rest()
  }
}

const scaleUp = (app: App, cluster: Cluster): Promise<void> => cluster.start(app)

async function scaleDown(app: App, cluster: Cluster): Promise<void> {
  for (const oldest of running(app).slice(0, 1)) await cluster.kill(app, oldest)
}

const running = ({ tasks }: App) => tasks.filter(({ state }) => state === 'TASK_RUNNING')
