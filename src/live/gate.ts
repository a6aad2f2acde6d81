import { UpdaterError } from '../errors.js'

/** What the gate looks at: numbers of servers, the limits, since when every reply was over the limit, and the time (ms). */
export interface Crossing {
  before: number
  after: number
  maxDrop: number
  confirmAfter: number
  allowEmpty: boolean
  since: number | undefined
  now: number
}

/** Fewer lost servers than this are never refused. */
const fewServers = 10

/**
 * Lets a change pass or refuses it with `unsafe`. No server where there were some is never believed by waiting; losing more than
 * `maxDrop` percent, and at least ten, only once it has lasted `confirmAfter`.
 */
export function checkGate(crossing: Crossing): void {
  const { before, after, maxDrop, confirmAfter, allowEmpty, now } = crossing
  const loss = `${before - after} of ${before} servers would be lost`
  if (before > 0 && after === 0) {
    if (allowEmpty) return
    throw new UpdaterError('unsafe', `refused: ${loss}, all there are; give --allow-empty once if that is true`)
  }
  if (!isOverLimit(crossing)) return
  const since = crossing.since ?? now
  if (now - since >= confirmAfter) return
  throw new UpdaterError(
    'unsafe',
    `refused: ${loss}, more than --max-drop ${maxDrop} %; it is believed once it has lasted --confirm-after, ` +
      `${Math.ceil((confirmAfter - (now - since)) / 1000)} s from now`,
  )
}

/** Whether a change loses so many servers that it must last before it is believed. */
export function isOverLimit({ before, after, maxDrop }: Pick<Crossing, 'before' | 'after' | 'maxDrop'>): boolean {
  const lost = before - after
  return lost >= fewServers && lost > (before * maxDrop) / 100
}
