import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Balancer } from './many-hosts-haproxy.js'

/** A request to be made over and over, and the HAProxy it goes to. */
export interface Question {
  balancer: Balancer
  host: string
  path: string
}

/** Two cores, by number: one for the HAProxy that is measured, one for all that asks it and answers it. */
export interface Cores {
  measured: number
  others: number
}

/** Two cores that this process may use; the same one twice where it has no other. */
export function twoCores(): Cores {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const cores = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, n) => first + n)
  })
  const [measured = 0, others = measured] = cores
  return { measured, others }
}

/** How long wrk asks. */
export const seconds = 2

/**
 * Has wrk, on this core, ask as fast as it can on 32 connections. Gives the requests for each second of CPU that HAProxy
 * used: what it serves with a core of its own, however busy the machine is. Rejects where a request fails.
 */
export async function requestsPerSecond({ balancer, host, path }: Question, core: number): Promise<number> {
  const onCore = ['--pdeathsig', 'KILL', 'taskset', '-c', String(core)]
  const wrk = ['wrk', '-t1', '-c32', `-d${seconds}s`, '--timeout', '10s', '-H', `Host: ${host}`]
  const url = `http://127.0.0.1:${balancer.port}${path}`
  const before = cpuSeconds(balancer.pid)
  const { stdout } = await promisify(execFile)('setpriv', [...onCore, ...wrk, url])
  const used = cpuSeconds(balancer.pid) - before
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  if (requests === 0 || /Socket errors|Non-2xx/.test(stdout)) throw new Error(`${host}${path} fails:\n${stdout}`)
  return requests / used
}

/** Of a process with one thread; /proc/PID/stat counts only hundredths. */
const cpuSeconds = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9
