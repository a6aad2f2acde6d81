import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { elapsed } from '../clock.js'
import { UpdaterError } from '../errors.js'
import { runCommand } from './command.js'

/** The result of `haproxy -c`: `valid` and how long it took in ms, `rejected` with HAProxy's own lines (`isIdle`: only since
 * nothing is listened to), or `waived`. */
export type Verdict =
  | { how: 'valid'; took: number }
  | { how: 'rejected'; output: string; isIdle: boolean }
  | { how: 'waived' }

const beyondPath = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * Lets HAProxy check a staged file, at most `limit` ms, in the live directory so that relative paths in it mean what they will
 * mean. `haproxy` undefined waives it. Throws `command-failed` where HAProxy cannot be started or overruns.
 */
export async function validate(
  haproxy: string | undefined,
  staged: { config: string; log: string },
  liveDirectory: string,
  limit: number,
): Promise<Verdict> {
  if (haproxy === undefined) return { how: 'waived' }
  const started = elapsed()
  const directory = existsSync(liveDirectory) ? ['-C', liveDirectory] : []
  const ended = await runCommand(findHaproxy(haproxy), ['-c', '-f', staged.config, ...directory], limit, staged.log)
  if (ended.how === 'not-started') {
    throw new UpdaterError('command-failed', `${haproxy} cannot be started: ${ended.reason}; check --haproxy`)
  }
  if (ended.how === 'overran') {
    throw new UpdaterError(
      'command-failed',
      `${haproxy} -c was not done after ${Math.round(limit / 100) / 10} s; see --timeout`,
    )
  }
  if (ended.status >= 128) {
    throw new UpdaterError(
      'command-failed',
      `${haproxy} -c did not end by itself: ${ended.output.split('\n').at(-1)}; check --haproxy`,
    )
  }
  if (ended.status === 0) return { how: 'valid', took: elapsed() - started }
  // Exit 2 says that nothing is listened to, in no words.
  return {
    how: 'rejected',
    output: ended.output || 'the configuration has no listener',
    isIdle: ended.status === 2,
  }
}

/** HAProxy's path: as given, in PATH, or in the three sbin folders that cron's PATH lacks. */
export function findHaproxy(haproxy: string): string {
  if (haproxy.includes('/')) return executable(haproxy)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...beyondPath]
  const found = folders.map((folder) => join(folder, haproxy)).find(isExecutable)
  if (found) return found
  throw new UpdaterError(
    'command-failed',
    `${haproxy} is not in PATH, nor in ${beyondPath.join(', ')}; install HAProxy or give --haproxy PATH`,
  )
}

function executable(path: string): string {
  if (isExecutable(path)) return path
  throw new UpdaterError(
    'command-failed',
    `${path} is not a program in ${dirname(path)} that can be run; check --haproxy`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
