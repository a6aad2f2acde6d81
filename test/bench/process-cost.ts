import { readdirSync, readFileSync } from 'node:fs'

/** What a process holds, in MiB; `pss` counts pages that others have too in parts. */
export interface Memory {
  rss: number
  pss: number
}

/** The memory of a running process. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024
  return { rss: of('Rss'), pss: of('Pss') }
}

/** The ms of CPU that the threads of a running process have used. (/proc/PID/stat counts only hundredths of a second.) */
export function cpuOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const used = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return used.reduce((sum, one) => sum + Number(one), 0) / 1e6
}
