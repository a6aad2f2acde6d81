import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from './ask.js'
import { type RunningHaproxy, startHaproxy } from './haproxy.js'
import { freePort } from './ports.js'
import { type Result, type RunOptions, runProgram } from './program.js'
import { bootConfig, createSite, type Site } from './site.js'
import { until } from './wait.js'

/** A site whose HAProxy runs, at first with the boot configuration as its hand-made live file. */
export interface RunningSite extends Site {
  haproxy: RunningHaproxy
  /** Where the boot configuration answers "boot". */
  bootPort: number
  /** Stops HAProxy and removes the site. */
  end(): Promise<void>
}

/** Creates a site and starts its HAProxy. */
export async function startSite(): Promise<RunningSite> {
  const site = await createSite()
  const bootPort = await freePort()
  writeFileSync(site.live, bootConfig(site, bootPort))
  const haproxy = await startHaproxy(site.live, site)
  const end = async (): Promise<void> => {
    await haproxy.stop()
    site.remove()
  }
  return { ...site, haproxy, bootPort, end }
}

/** Runs the program at a site with these apps as Marathon's recorded reply; its temporary directory is the site's `tmp`. */
export function runAt(site: Site, apps: unknown[], args: string[] = [], options: RunOptions = {}): Promise<Result> {
  const TMPDIR = join(site.dir, 'tmp')
  mkdirSync(TMPDIR, { recursive: true })
  return runProgram([...replyArgs(site, apps), ...args], { ...options, env: { TMPDIR, ...options.env } })
}

/** The site's options and the one that names a recorded reply, which is written here. */
export function replyArgs(site: Site, apps: unknown[]): string[] {
  const reply = join(site.dir, 'reply.json')
  writeFileSync(reply, JSON.stringify({ apps }))
  return [...site.args, '--from', reply]
}

/** The text of the live file. */
export const liveText = ({ live }: Site): string => readFileSync(live, 'utf8')

/** The description that HAProxy gives of itself once it runs this text. */
export const markerOf = (text: string): string | undefined => /haproxy-updater sha256:\w+/.exec(text)?.[0]

/** How often HAProxy's master was reloaded, failures included. */
export async function countReloads({ masterSocket }: Site): Promise<number> {
  let master: string | undefined
  const answered = async (): Promise<boolean> => {
    master = /^\d+\s+master\s+(\d+)/m.exec(await ask(masterSocket, 'show proc'))?.[1]
    return master !== undefined
  }
  await until(answered, { what: `the master to answer on ${masterSocket}` })
  return Number(master)
}
