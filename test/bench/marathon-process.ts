import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { startScript } from './script.js'

/** What a Marathon did: the ms of CPU since its start, and when (Unix ms) requests came in since this was last asked. */
interface Done {
  cpu: number
  arrivals: number[]
}

/** A running Marathon in a process of its own. */
export interface MarathonProcess {
  url: string
  done(): Promise<Done>
  stop(): Promise<void>
}

/** Starts a Marathon with so many apps in a process of its own, which ends with this one. */
export async function startMarathonProcess(apps: number): Promise<MarathonProcess> {
  const { first, ask, stop } = await startScript('marathon-server.ts', String(apps))
  return { url: first, done: () => ask(''), stop }
}

/** Sends a GET over a connection of its own and gives the bytes that came back, headers and all. Rejects where it is not a 200. */
export async function bytesOf(url: URL, headers: Record<string, string | undefined>): Promise<number> {
  const defined = Object.entries(headers).filter(([, value]) => value !== undefined)
  const [response] = (await once(get(url, { agent: false, headers: Object.fromEntries(defined) }), 'response')) as [
    IncomingMessage,
  ]
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${url}`)
  const { socket } = response
  await once(response.resume(), 'end')
  return socket.bytesRead
}
