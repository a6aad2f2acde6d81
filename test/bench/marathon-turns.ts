import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import timers from 'node:timers/promises'
import { waitForTurn } from '../../src/splay.js'
import { randomFrom } from '../support/random.js'

/**
 * When each of some nodes asks, in ms of its minute: cron starts its run within the first second, and the run waits as the program
 * does on a host of its own with this splay (ms). The same arguments always give the same times.
 */
export async function turnsOf(nodes: number, splay: number): Promise<number[]> {
  const random = randomFrom(nodes)
  const waits = await waitsOf(nodes, splay)
  return waits.map((wait) => random(1000) + wait)
}

/** How long to wait is the program's own choice; only the names of the hosts are made up, and the time is not spent. */
async function waitsOf(nodes: number, splay: number): Promise<number[]> {
  const { hostname } = os
  const { setTimeout } = timers
  const waits = new Array<number>(nodes).fill(0)
  let node = 0
  replace(
    () => `node-${node}.example.test`,
    async (ms: number) => (waits[node] = ms),
  )
  const begun: Promise<void>[] = []
  for (; node < nodes; node++) begun.push(waitForTurn(splay))
  replace(hostname, setTimeout)
  await Promise.all(begun)
  return waits
}

function replace(hostname: () => string, setTimeout: (ms: number) => Promise<unknown>): void {
  Object.assign(os, { hostname })
  Object.assign(timers, { setTimeout })
  syncBuiltinESMExports()
}
