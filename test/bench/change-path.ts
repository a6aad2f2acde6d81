import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { replaceFile } from '../../src/live/files.js'
import { ask } from '../support/ask.js'
import { createCertificate } from '../support/certificate.js'
import { runProgram } from '../support/program.js'
import { type RunningSite, startSite } from '../support/running-site.js'
import { until } from '../support/wait.js'
import { inFreshProcess } from './fresh.js'
import { median, ratio, type Section, table } from './section.js'
import { serve } from './serve.js'
import { diffTime } from './steps.js'

const apps = 1000
const rounds = 8
const lines = 50_000

/** The ms that the parts of a run took, or something like them alone. */
type Times = Record<string, number>

/** Where the time of a run goes that finds 2 % of 1,000 apps changed, until a real HAProxy is seen to run the new configuration. */
export async function changePath(): Promise<Section> {
  const [served, site] = await Promise.all([serve(), startSite()])
  try {
    const [usual, changed] = [await served.base(apps), await served.base(apps, 'changed')]
    const options = [...site.args, '--bind', '127.0.0.2', '--ssl-cert', createCertificate(site.dir).pem, '--json']
    await changedRun(site, [...options, '--marathon', usual])
    const times: Times[] = []
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`changePath: round ${round + 1} of ${rounds}\n`)
      const run = await changedRun(site, [...options, '--marathon', round % 2 === 0 ? changed : usual])
      times.push({ ...run, ...(await alone(site)) })
    }
    const diff = await inFreshProcess(join(import.meta.dirname, 'steps.ts'), diffTime, lines)
    return { title: 'From the reply to the verified reload', lines: report(times, diff) }
  } finally {
    served.stop()
    await site.end()
  }
}

/** A run that makes a change live and proves it; its own account of its phases, and what is beside them. */
async function changedRun(site: RunningSite, options: string[]): Promise<Times> {
  const { status, stdout, stderr, ms } = await runProgram(options)
  const { outcome, proof, durations } = JSON.parse(stdout) as { outcome: string; proof: string; durations: Times }
  if (status !== 0 || outcome !== 'updated' || proof !== 'verified') throw new Error(`${outcome}: ${stderr}`)
  await oldWorkerLeft(site)
  const { total = 0, ...phases } = Object.fromEntries(Object.entries(durations).map(([name, s]) => [name, 1000 * s]))
  const inPhases = Object.values(phases).reduce((sum, one) => sum + one, 0)
  return { ...phases, beside: total - inPhases, node: ms - total, whole: ms }
}

/** What it takes without the program to check the live file, to reload HAProxy until the new worker answers, and to write the file. */
async function alone(site: RunningSite): Promise<Times> {
  const text = readFileSync(site.live, 'utf8')
  const times = {
    check: await timeOf(() => promisify(execFile)('haproxy', ['-c', '-f', site.live], { env: withSbin })),
    reload: await timeOf(() => reload(site)),
    write: await timeOf(() => replaceFile(join(site.dir, 'etc/written.cfg'), text)),
  }
  await oldWorkerLeft(site)
  return times
}

const withSbin = { ...process.env, PATH: `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin` }

async function timeOf(done: () => unknown): Promise<number> {
  const began = performance.now()
  await done()
  return performance.now() - began
}

async function reload({ masterSocket, statsSocket }: RunningSite): Promise<void> {
  const worker = async (): Promise<string | undefined> =>
    /^Pid: \d+$/m.exec(await ask(statsSocket, 'show info').catch(() => ''))?.[0]
  const before = await worker()
  await ask(masterSocket, 'reload')
  const isNew = (now: string | undefined): boolean => now !== undefined && now !== before
  await until(async () => isNew(await worker()), { timeout: 30_000, what: 'the new worker to answer' })
}

/** HAProxy 2.6 loses a reload that comes too early after another. */
const oldWorkerLeft = (site: RunningSite): Promise<void> =>
  until(async () => (await site.haproxy.workers()) === 1, { timeout: 30_000, what: 'the old worker to leave' })

function report(all: Times[], diff: number): string[] {
  const of = (name: string): number => median(all.map((times) => times[name] ?? Number.NaN))
  const row = (what: string, name: string): string[] => [what, ratio(of(name) / of('whole')), of(name).toFixed(0)]
  return [
    `${apps.toLocaleString('en')} apps of five tasks, of which 2 % have another server, with a real HAProxy that is reloaded by its master's socket, medians of`,
    `${rounds} runs. The lower rows are the same work without the program, for comparison.`,
    '',
    ...table(
      ['', 'of the whole', 'ms'],
      [
        row('Node starts, loads the program, and ends', 'node'),
        row('beside the phases: options, lock, the live file, what is told and remembered', 'beside'),
        row('fetch: the reply is asked for and parsed', 'fetch'),
        row('render', 'render'),
        row('validate: staged, and checked by HAProxy', 'validate'),
        row('apply: written, reloaded, and HAProxy asked until it runs it', 'apply'),
        row('**the whole run**', 'whole'),
        row('`haproxy -c` alone', 'check'),
        row('a reload alone, until the new worker answers', 'reload'),
        row('the live file alone written durably', 'write'),
      ],
    ),
    '',
    `A difference of ${lines.toLocaleString('en')} lines that all changed is given up after ${diff.toFixed(0)} ms.`,
  ]
}
