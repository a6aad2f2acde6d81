import { startScript } from './script.js'

/** What a Marathon did: when requests came in, by `elapsed()`, and how many bytes it sent, headers and events included. */
export interface Done {
  arrivals: number[]
  sent: number
}

/** A running Marathon with an app whose one task comes and goes, in a process of its own. */
export interface FollowedMarathon {
  url: string
  /** Adds the task, or removes it. Gives when the event was written, by `elapsed()`. */
  change(): Promise<number>
  /** What it did since this was last asked. */
  done(): Promise<Done>
  stop(): Promise<void>
}

/** Starts a Marathon with so many apps, and one at this host name with a task at this port of 127.0.0.1, at first without it. */
export async function startFollowedMarathon(apps: number, task: number, host: string): Promise<FollowedMarathon> {
  const { first, ask, stop } = await startScript('follow-server.ts', String(apps), String(task), host)
  return { url: first, change: () => ask('change'), done: () => ask('done'), stop }
}
