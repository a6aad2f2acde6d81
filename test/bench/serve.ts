import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { listen } from '../support/listen.js'
import { changed, clusterOf } from './cluster.js'

/** A Marathon in a process of its own, which ends with this one. */
export interface Served {
  /** Where a cluster with so many apps is, as it is or with 2 % of the apps changed; its replies are ready then. */
  base(apps: number, state?: 'changed'): Promise<string>
  stop(): void
}

/** Starts such a Marathon. */
export async function serve(): Promise<Served> {
  const child = spawn(process.execPath, ['--import', 'tsx', import.meta.filename], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    base: async (apps, state) => {
      const base = `${String(line).trim()}/${apps}${state ? `-${state}` : ''}`
      const [response] = (await once(get(`${base}/v2/apps?`), 'response')) as [IncomingMessage]
      await once(response.resume(), 'end')
      return base
    },
    stop: () => child.stdin.end(),
  }
}

/** How many replies there are of one cluster, given in turn: as in Marathon, every check moves `lastSuccess` of its result. */
const moments = 2

/** The replies of a cluster, which differ in `lastSuccess` only. */
function repliesOf(name: string): Buffer[] {
  const apps = clusterOf(Number.parseInt(name, 10))
  const text = JSON.stringify({ apps: name.endsWith('-changed') ? changed(apps, 0.02) : apps })
  return Array.from({ length: moments }, (_, moment) => {
    let result = 0
    const time = (): string => new Date(Date.UTC(2024, 2, 2, 8, moment) + (result++ % 60_000)).toISOString()
    return Buffer.from(text.replace(/"lastSuccess":"[^"]*"/g, () => `"lastSuccess":"${time()}"`))
  })
}

async function main(): Promise<void> {
  const replies = new Map<string, Buffer[]>()
  const server = createServer((request, response) => {
    const name = /^\/(\d+(?:-changed)?)\/v2\/apps\?/.exec(request.url ?? '')?.[1]
    if (!name) return response.writeHead(404).end()
    const [next = Buffer.alloc(0), ...others] = replies.get(name) ?? repliesOf(name)
    replies.set(name, [...others, next])
    return response.writeHead(200, { 'content-type': 'application/json', 'content-length': next.length }).end(next)
  })
  const { port } = await listen(server, 0)
  process.stdin.resume().once('end', () => process.exit())
  process.stdout.write(`http://127.0.0.1:${port}\n`)
}

if (process.argv[1] === import.meta.filename) await main()
