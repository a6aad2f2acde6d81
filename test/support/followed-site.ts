import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { app } from './apps.js'
import { type Follower, startFollower } from './follower.js'
import { startMarathon, type TestMarathon } from './marathon.js'
import { freePort } from './ports.js'
import { type Result, type RunOptions, runProgram } from './program.js'
import { countReloads, liveText, markerOf, startSite } from './running-site.js'
import { createSite, type Site } from './site.js'
import { until } from './wait.js'

/** A site and its Marathon, which runs one app with one task at first. */
interface FollowedSite {
  site: Site
  marathon: TestMarathon
  /** Starts a run that follows, with more options. */
  follow(args?: string[], options?: RunOptions): Follower
  /** A run that does not. */
  run(...args: string[]): Promise<Result>
  /** Gives the app so many tasks, which Marathon tells in an event. */
  scale(tasks: number): void
  /** Has Marathon hold back its replies with the apps, as they were when asked for, until the returned function is called. */
  hold(): () => void
  /** How often Marathon was asked for this. */
  asked(what: 'apps' | 'events'): number
  reloads(): Promise<number>
}

/** One where HAProxy runs, until the test ends; `serves` waits until that runs a live file with so many servers. */
export async function withHaproxy(t: TestContext): Promise<FollowedSite & { serves(tasks: number): Promise<void> }> {
  const site = await startSite()
  const isServed = async (tasks: number): Promise<boolean> => {
    const text = liveText(site)
    return text.match(/^ +server /gm)?.length === tasks && (await site.haproxy.running()) === markerOf(text)
  }
  return {
    ...(await follow(t, site, site.end)),
    reloads: () => countReloads(site),
    serves: (tasks) => until(() => isServed(tasks), { timeout: 20_000, what: `HAProxy to run ${tasks} servers` }),
  }
}

/** One without, until the test ends: its reloads are a command that is only counted, and may follow one another at once. */
export async function withoutHaproxy(t: TestContext): Promise<FollowedSite> {
  const site = await createSite()
  const file = join(site.dir, 'reloads')
  const args = ['--reload', `echo reload >> ${file}`, '--stats-socket', 'none', '--min-reload-interval', '0']
  return {
    ...(await follow(t, site, site.remove, args)),
    reloads: async () => readFileSync(file, 'utf8').split('\n').length - 1,
  }
}

/** The test ends with the end of all runs, and only then `end` removes the site. */
async function follow(
  t: TestContext,
  site: Site,
  end: () => Promise<void> | void,
  more: string[] = [],
): Promise<Omit<FollowedSite, 'reloads'>> {
  const ports = [await freePort()]
  const web = (tasks: number) => [app('/web', { ports, labels: { HAPROXY_0_VHOST: 'web.test' }, tasks })]
  const marathon = await startMarathon(web(1))
  const followers: Follower[] = []
  t.after(async () => {
    await Promise.all(followers.map((follower) => follower.end('SIGKILL')))
    await marathon.close()
    await end()
  })
  const all = [...site.args, ...more, '--marathon', marathon.url]
  return {
    site,
    marathon,
    follow(args = [], options = {}) {
      const follower = startFollower(site, [...all, ...args], options)
      followers.push(follower)
      return follower
    },
    run: (...args) => runProgram([...all, ...args]),
    scale(tasks) {
      marathon.apps = web(tasks)
      marathon.events.emit('status_update_event', { taskStatus: 'TASK_RUNNING' })
    },
    hold() {
      let release = (): void => undefined
      marathon.hold = new Promise((resolve) => {
        release = resolve
      })
      return () => release()
    },
    asked: (what) => marathon.requests.filter(({ path }) => path.startsWith(`/v2/${what}`)).length,
  }
}
