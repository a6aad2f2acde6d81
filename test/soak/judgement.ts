import { type ExitName, exitStatuses } from '../../src/errors.js'
import type { Follower } from './followers.js'
import type { Soaked } from './run.js'
import { type Failure, shown } from './time-line.js'

/** Failures that Marathon's troubles may give a run. */
const expected: ExitName[] = ['unavailable', 'bad-reply']

/** So many failures are shown; what comes after is mostly their consequence. */
const most = 10

/**
 * What was not as it must be, in the order of time, the first with the time line near it. `limit`: the ms in which each state is to be
 * reached, from when it could be known, or from the change before, which a run had begun already.
 */
export function failuresOf(soaked: Soaked, limit = Number.POSITIVE_INFINITY): string[] {
  const { timeLine, seen, followers, last, leavings } = soaked
  const failures = [
    ...seen.failures,
    ...unreached(soaked, limit),
    ...[...followers, last].flatMap(badEnd),
    ...leavings.map((says) => ({ at: timeLine.now(), says })),
    ...grown(soaked),
  ].sort((a, b) => a.at - b.at)
  const [first, ...others] = failures.slice(0, most)
  if (!first) return []
  const more = failures.length > most ? [`and ${failures.length - most} more`] : []
  return [[shown(first), ...timeLine.around(first.at)].join('\n    '), ...others.map(shown), ...more]
}

/** The ms that it took HAProxy to run each state, from when it could be known; and whether that was as soon as it was announced. */
export const delaysOf = ({ states, troubles }: Soaked): { delay: number; isUndisturbed: boolean }[] =>
  states.flatMap(({ at, reached }) => {
    if (reached === undefined) return []
    const known = troubles.knownSince(at, reached)
    return [{ delay: reached - known, isUndisturbed: known === at }]
  })

function unreached({ states, changes, troubles, timeLine }: Soaked, limit: number): Failure[] {
  return states.flatMap(({ at, says, reached }, index) => {
    const what = `state ${index} (${says}), announced at ${(at / 1000).toFixed(3)} s,`
    if (reached === undefined) return [{ at: timeLine.now(), says: `${what} was never run by HAProxy` }]
    const before = changes.findLast((change) => change < reached) ?? 0
    const delay = reached - Math.max(before, troubles.knownSince(at, reached))
    if (delay <= limit) return []
    const since = 'after it could be known and the change before was made'
    return [{ at: reached, says: `${what} was run ${Math.round(delay)} ms ${since}, not ${limit}` }]
  })
}

/** A run ends well, by the signal that was sent, or with a failure that is Marathon's. */
function badEnd({ name, end, isKilled }: Follower): Failure[] {
  if (!end) return [{ at: 0, says: `${name} has not ended` }]
  const { at, status, signal, stderr } = end
  const names = [...stderr.matchAll(/error\[([\w-]+)\]/g)].map(([, name]) => name)
  const odd = names.filter((exit) => !expected.some((allowed) => allowed === exit))
  const statuses = exitStatuses.filter((entry) => expected.includes(entry.name)).map((entry) => entry.status)
  const isWell = status === null ? signal === (isKilled ? 'SIGKILL' : 'SIGTERM') : [0, ...statuses].includes(status)
  if (isWell && odd.length === 0) return []
  return [{ at, says: `${name} ended with ${signal ?? `status ${status}`} and said: ${stderr.trim()}` }]
}

/** No run may need much more memory (MiB) than the first, nor the last more at its end than before. */
function grown({ followers, last, timeLine }: Soaked): Failure[] {
  const [first = 0, ...others] = followers.map(({ memory }) => memory.at(-1) ?? 0)
  const highest = Math.max(...others)
  // In the first third it has yet to load what runs need.
  const third = Math.floor(last.memory.length / 3)
  const [before, after] = [mean(last.memory.slice(third, 2 * third)), mean(last.memory.slice(2 * third))]
  const failures = [
    ...(highest > first + 40 ? [`a run needed ${highest} MiB at its end, the first only ${first}`] : []),
    ...(after > before + 10 ? [`the last run needed ${before} MiB in its second third and ${after} in its last`] : []),
  ]
  return failures.map((says) => ({ at: timeLine.now(), says }))
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
