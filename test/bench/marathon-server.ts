import { subscribe } from 'node:diagnostics_channel'
import { createInterface } from 'node:readline'
import { startMarathon } from '../support/marathon.js'
import { clusterOf } from './cluster.js'
import { withIdsAndTimes } from './marathon-apps.js'

// A Marathon of as many apps as the argument says, until its input ends. It prints its URL, and for each line of input what it did.
const arrivals: number[] = []
subscribe('http.server.request.start', () => arrivals.push(Date.now()))
const marathon = await startMarathon(withIdsAndTimes(clusterOf(Number(process.argv[2]))), { gzip: true })
console.log(marathon.url)
for await (const _ of createInterface(process.stdin)) {
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ cpu: (user + system) / 1000, arrivals: arrivals.splice(0) }))
}
await marathon.close()
