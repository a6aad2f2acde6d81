import { mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isAlive } from '../support/alive.js'
import { liveText, type RunningSite } from '../support/running-site.js'
import { until } from '../support/wait.js'

/** Makes the folder where the runs of a site are to have their temporary files, and no other process has. */
export function makeTemporaryFolder(site: RunningSite): string {
  const folder = temporaryFolder(site)
  mkdirSync(folder)
  return folder
}

const temporaryFolder = ({ dir }: RunningSite): string => join(dir, 'tmp')

/** Makes what dead runs have staged old enough to be swept. */
export function ageStaged(site: RunningSite): void {
  const folder = temporaryFolder(site)
  const elevenMinutesAgo = Date.now() / 1000 - 660
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), elevenMinutesAgo, elevenMinutesAgo)
}

/** A sentence for each file and each process that is left of a site's runs, and each worker of HAProxy that does not leave. */
export async function leavingsOf(site: RunningSite): Promise<string[]> {
  const { haproxy } = site
  await until(async () => (await haproxy.workers()) === 1, { what: 'old workers to leave' }).catch(() => undefined)
  const old = (await haproxy.workers()) - 1
  return [
    ...filesOf(site).map((path) => `the file ${path} is left`),
    ...processesOf(site).map((command) => `the process "${command}" is left`),
    ...(old > 0 ? [`${old} old workers of HAProxy are left, though no client is`] : []),
  ]
}

/** Temporary files, and maps that are named no more. */
function filesOf(site: RunningSite): string[] {
  const { stateDir, live } = site
  const texts = [liveText(site), readFileSync(join(stateDir, 'loaded.cfg'), 'utf8')]
  const isNamed = (path: string): boolean => path === live || texts.some((text) => text.includes(path))
  return [
    ...below(temporaryFolder(site)),
    ...below(dirname(live)).filter((path) => !isNamed(path)),
    ...below(stateDir).filter((path) => path.includes('.haproxy-updater-')),
  ]
}

const below = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name))

/** The commands of all processes that a run of this site is, or started: they have its temporary folder in their environment. */
function processesOf(site: RunningSite): string[] {
  const mark = `TMPDIR=${temporaryFolder(site)}`
  const pids = readdirSync('/proc').map(Number).filter(isAlive)
  return pids
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(mark))
    .map((pid) => readProc(pid, 'cmdline').replaceAll('\0', ' ').trim())
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // It has just ended, or is another user's.
    return ''
  }
}
