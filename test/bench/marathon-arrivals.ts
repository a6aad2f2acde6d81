import { setTimeout as sleep } from 'node:timers/promises'
import { appsUrl, headersFor, jsonHeaders } from '../../src/marathon/request.js'
import { bytesOf, startMarathonProcess } from './marathon-process.js'
import { turnsOf } from './marathon-turns.js'

/**
 * When the requests of some nodes came in at a Marathon with a small reply, in ms of their minute, with this splay (ms). The clock runs
 * slower or faster, so that they all come within `played` ms: what is seen is when nodes ask, not how much the loopback bears.
 */
export async function arrivalsOf(nodes: number, splay: number, played: number): Promise<number[]> {
  const turns = await turnsOf(nodes, splay)
  const speed = Math.max(...turns) / played
  const marathon = await startMarathonProcess(1)
  try {
    const url = appsUrl(marathon.url, {})
    const headers = { ...headersFor(marathon.url, { userAgent: 'bench' }), ...jsonHeaders }
    const began = Date.now()
    const asked = turns.map((turn) => sleep(turn / speed).then(() => bytesOf(url, headers)))
    await Promise.all(asked)
    const { arrivals } = await marathon.done()
    return arrivals.map((arrival) => (arrival - began) * speed)
  } finally {
    await marathon.stop()
  }
}
