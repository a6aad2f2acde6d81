import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Done, type FollowedMarathon, startFollowedMarathon } from './follow-marathon.js'
import { letOneFollow, startFollower } from './follow-program.js'
import { costOf } from './measure.js'
import { cpuOf, type Memory, memoryOf } from './process-cost.js'
import { median } from './section.js'

/** What a process took in a minute, in ms of CPU, and what it held at the end. */
interface Minute {
  cpu: number
  memory: Memory
}

/** A minute without an event, after the run that a follower begins with. */
export interface Idle {
  apps: number
  follower: Minute
  /** A Node program that holds one such connection. */
  node: Minute
  /** The ms of CPU of a whole plain run that finds nothing new. */
  plain: number
  /** What a Marathon does for each, the follower's first run included. */
  marathon: { follower: Done; plain: Done }
}

const plainRuns = 5
const program = join(import.meta.dirname, '../../bin/haproxy-updater.js')

/** What a follower costs while nothing happens, with so many apps. A command that is always content stands in for HAProxy. */
export async function idleMinute(apps: number): Promise<Idle> {
  const folder = mkdtempSync(join(tmpdir(), 'hu-idle-'))
  const marathon = await startFollowedMarathon(apps, 1, 'changing.test')
  const node = spawn(process.execPath, [join(import.meta.dirname, 'idle.mjs'), `${marathon.url}/v2/events`])
  try {
    const args = [...common, ...placeIn(folder), '--marathon', marathon.url]
    return { apps, ...(await measure(args, marathon, node)) }
  } finally {
    node.kill()
    await marathon.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const common = ['--haproxy', 'true', '--reload', 'true', '--stats-socket', 'none', '--port-check', 'off']

const placeIn = (folder: string): string[] => [
  ...['--haproxy-config', join(folder, 'haproxy.cfg'), '--state-dir', join(folder, 'state')],
]

async function measure(args: string[], marathon: FollowedMarathon, node: ChildProcess): Promise<Omit<Idle, 'apps'>> {
  const costs: number[] = []
  // The first makes the configuration, and the second remembers what it saw.
  for (let run = -2; run < plainRuns; run++) {
    await marathon.done()
    const { cpu } = await costOf({ command: [process.execPath, program, ...args] })
    if (run >= 0) costs.push(cpu)
  }
  const plain = await marathon.done()
  await letOneFollow(args)
  await marathon.done()
  const started = await startFollower(args)
  try {
    const [follower, idle] = await Promise.all([minuteOf(started.pid), minuteOf(node.pid ?? 0)])
    return { follower, node: idle, plain: median(costs), marathon: { follower: await marathon.done(), plain } }
  } finally {
    await started.stop()
  }
}

async function minuteOf(pid: number): Promise<Minute> {
  const before = cpuOf(pid)
  await sleep(60_000)
  return { cpu: cpuOf(pid) - before, memory: memoryOf(pid) }
}
