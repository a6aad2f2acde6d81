import { createServer, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { elapsed } from '../../src/clock.js'
import { app } from '../support/apps.js'
import { listen } from '../support/listen.js'
import { openEventStream } from '../support/marathon-events.js'
import { clusterOf } from './cluster.js'
import type { Done } from './follow-marathon.js'
import { withIdsAndTimes } from './marathon-apps.js'

// A Marathon of as many apps as its first argument says, one of which has a task at the port of the second, or none, by turns. It prints
// its URL, and answers each line until its input ends: after `change` the task has come or gone, and an event was written; `done` asks
// for what was done since the last time. Both replies are ready from the start: the time of a Marathon is no part of what is measured.
const [apps, port, host = ''] = process.argv.slice(2)
const cluster = withIdsAndTimes(clusterOf(Number(apps)))
const replies = [[], [{ ports: [Number(port)] }]].map((tasks) => {
  const changing = app('/changing', { ports: [0], labels: { HAPROXY_0_VHOST: host }, tasks })
  return gzipSync(JSON.stringify({ apps: [...cluster, changing] }))
})
const events = openEventStream()
// Those of Marathon's Jetty come every ten seconds (marathon-api §8), and are written below.
events.beats = false
const heartbeat = 10_000

let state = 0
let arrivals: number[] = []
const sockets: Socket[] = []

const server = createServer((request, response) => {
  arrivals.push(elapsed())
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://any.test')
  if (pathname === '/v2/events') {
    events.answer(request, response, searchParams.getAll('event_type'))
    beat(response)
  } else if (pathname === '/v2/apps') {
    const reply = replies[state % 2] ?? Buffer.alloc(0)
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': reply.length }
    response.writeHead(200, headers).end(reply)
  } else response.writeHead(404).end()
})
server.on('connection', (socket) => sockets.push(socket))
const { port: ownPort, close } = await listen(server, 0)
console.log(`http://127.0.0.1:${ownPort}`)

let sentBefore = 0
for await (const line of createInterface(process.stdin)) {
  if (line === 'change') console.log(change())
  else console.log(JSON.stringify(done()))
}
await close()

function beat(response: ServerResponse): void {
  const beating = setInterval(() => response.write('\r\n'), heartbeat)
  response.once('close', () => clearInterval(beating))
}

function change(): number {
  state++
  const taskStatus = state % 2 === 1 ? 'TASK_RUNNING' : 'TASK_KILLED'
  const at = elapsed()
  events.emit('status_update_event', {
    slaveId: '5c3a1f0e-1b2d-4c6f-9a57-0d2f6b8e4a11-S1',
    taskId: 'changing.instance-6f1c8c0e-6d1b-11ee-8c99-0242ac120002._app.1',
    taskStatus,
    message: '',
    appId: '/changing',
    host: '127.0.0.1',
    ipAddresses: [{ ipAddress: '172.17.0.2', protocol: 'IPv4' }],
    ports: [Number(port)],
    version: '2024-01-01T00:00:00.000Z',
  })
  return at
}

function done(): Done {
  const sent = sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
  const since = { arrivals, sent: sent - sentBefore }
  arrivals = []
  sentBefore = sent
  return since
}
