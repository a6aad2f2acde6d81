import { loadavg } from 'node:os'
import { delaysOf } from './judgement.js'
import type { Soaked } from './run.js'

/** The figures of a soak, a line each. */
export function figuresOf(soaked: Soaked): string[] {
  const { plan, seen, states, reloads, followers, last } = soaked
  const delays = (isWanted: boolean): string =>
    spread(delaysOf(soaked).flatMap(({ delay, isUndisturbed }) => (isUndisturbed === isWanted ? [delay] : [])))
  const killed = followers.filter(({ isKilled }) => isKilled).length
  return [
    `seed ${plan.seed}, ${plan.seconds} s; load average of the machine ${loadavg()[0]?.toFixed(1)}`,
    `requests: ${seen.latencies.length} answered, ${seen.failures.length} failed, ${seen.again} sent again; ${spread(seen.latencies)} ms`,
    `states: ${states.length} announced, ${reloads} reloads`,
    `from an event to HAProxy running the state: ${delays(true)} ms`,
    `from the end of a trouble to HAProxy running the state: ${delays(false)} ms`,
    `runs: ${followers.length + 1} that followed, ${killed} killed with -9`,
    `memory at the end of each: ${spread(followers.flatMap(({ memory }) => memory.slice(-1)))} MiB`,
    `memory of the last, in ${plan.alone} s: ${spread(last.memory)} MiB`,
  ]
}

/** `median 3, 90 % 5, 99 % 9, most 12` of some numbers. */
function spread(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): string => (sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN).toFixed(0)
  return `median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}, most ${at(1)}`
}
