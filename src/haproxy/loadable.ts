import { statSync } from 'node:fs'
import { UpdaterError } from '../errors.js'
import type { LiveFile } from '../live/files.js'
import { globalLinesIn, statsSocketsIn } from './config-text.js'

/**
 * Refuses, with `bad-setup`, what HAProxy would take and the program could not prove, or what would end HAProxy: a text without the
 * stats socket, and one that makes a HAProxy which is not root become another user.
 */
export function requireLoadable(text: string, statsSocket: string, live: LiveFile): void {
  requireStatsSocket(text, statsSocket)
  const owner = ownerOf(statsSocket) ?? 0
  const isGiven = globalLinesIn(live.text ?? '').some((line) => /^stats\s+socket\s.*\s(user|uid)\s/.test(line))
  if (owner !== 0 && !isGiven && globalLinesIn(text).some((line) => /^(user|group|uid|gid)\s/.test(line))) {
    throw new UpdaterError(
      'bad-setup',
      `HAProxy runs as uid ${owner}, as its stats socket shows, and would end where global says "user" or "group"; take these lines out of your global.cfg.njk`,
    )
  }
}

/** Refuses, with `bad-setup`, a text without the stats socket: no reload of it could be proven. */
export function requireStatsSocket(text: string, statsSocket: string): void {
  if (statsSocketsIn(text).includes(statsSocket)) return
  throw new UpdaterError(
    'bad-setup',
    `the rendered global section has no "stats socket ${statsSocket}", so no reload could be proven; add it to your template, or see --stats-socket`,
  )
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    // A socket that is not there, or not for this user to see, tells nothing.
    return undefined
  }
}
