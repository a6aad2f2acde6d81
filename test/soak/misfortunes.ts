import { setTimeout as sleep } from 'node:timers/promises'
import type { TestMarathon } from '../support/marathon.js'
import type { Fault } from '../support/marathon-faults.js'
import { shuffled } from '../support/random.js'
import type { Cluster } from './cluster.js'
import type { Troubles } from './troubles.js'

interface Scene {
  marathon: TestMarathon
  cluster: Cluster
  troubles: Troubles
  random: (limit: number) => number
  isOver: () => boolean
  /** For how long a run waits for an answer, in ms. */
  timeout: number
}

/** What a Marathon, or a proxy before it, does for seconds. */
const faults = ['reset', '500-html', 'hang', 'cut-off', '503-json', 'drip'] satisfies Fault[]

/** One misfortune after another comes over Marathon: a change of leader, lost events and each fault, in turns. */
export async function befall(scene: Scene): Promise<void> {
  const { random, isOver } = scene
  const all = [changeLeader, loseEvents, ...faults.map((fault) => (within: Scene) => fail(fault, within))]
  for (let round = all; ; round = shuffled(all, random)) {
    for (const misfortune of round) {
      // Between two of them, a task that was told to end has its time to die.
      await sleep(3700 + random(1500))
      if (isOver()) return
      await misfortune(scene)
    }
  }
}

/** Connections for events are ended, and nobody answers until another leads. */
async function changeLeader({ cluster, marathon, troubles, random }: Scene): Promise<void> {
  const elect = async (): Promise<void> => {
    const over = troubles.begin('no leader')
    marathon.fault = '503-json'
    marathon.events.cut()
    await sleep(1000 + random(1000))
    marathon.fault = undefined
    over()
  }
  await cluster.changeLeader(elect, 1500)
}

/** Marathon drops events, and then the connection (marathon-api §8). */
async function loseEvents({ marathon, troubles, random }: Scene): Promise<void> {
  const over = troubles.begin('events are dropped')
  marathon.events.drops = true
  await sleep(1000 + random(1500))
  marathon.events.cut()
  marathon.events.drops = false
  over()
}

async function fail(fault: Fault, { marathon, troubles, random, timeout }: Scene): Promise<void> {
  const over = troubles.begin(`every request meets "${fault}"`)
  marathon.fault = fault
  await sleep(1000 + random(2000))
  marathon.fault = undefined
  // Whoever waits for an answer then has yet to give it up.
  if (fault === 'hang' || fault === 'drip') await sleep(timeout)
  over()
}
