import { basename, dirname, join } from 'node:path'
import type { Draft } from '../compose.js'
import { UpdaterError } from '../errors.js'
import { type Ended, runCommand } from '../haproxy/command.js'
import { withoutHashes } from '../haproxy/rejection.js'
import { findHaproxy, validate } from '../haproxy/validate.js'
import { stage } from '../live/staging.js'
import type { Options } from '../options.js'
import { alertsIn, failureOf } from './alerts.js'
import { originsOf } from './origins.js'
import type { Failure } from './report.js'

/**
 * What HAProxy rejects of a draft, in HAProxy's order; empty where it accepts it. Throws `command-failed` where HAProxy cannot be
 * asked, `cannot-write` where nothing can be staged.
 */
export async function rejectionsOf(draft: Draft, options: Options): Promise<Failure[]> {
  const { configuration, services } = draft
  // HAProxy would look up the names of agents that --resolve off leaves to it, and what it finds is not the same everywhere.
  const text = configuration.text.replaceAll(' init-addr last,libc,none', ' init-addr none')
  const staged = stage({ ...configuration, text }, false)
  try {
    const verdict = await validate(options.haproxy, staged, dirname(options.haproxyConfig), options.timeout)
    if (verdict.how !== 'rejected') return []
    const output = configuration.maps.reduce(
      (words, { path }) => words.replaceAll(join(dirname(staged.config), basename(path)), path),
      withoutHashes(verdict.output, services),
    )
    const originOf = await originsOf(draft, options.templates)
    const nameOf = (line: number): string | undefined => {
      const origin = originOf(line)
      return origin && `${origin.template}:${origin.line}`
    }
    return alertsIn(output, configuration.text, nameOf).map((rejection) =>
      failureOf(rejection, rejection.at === undefined ? undefined : originOf(rejection.at), services),
    )
  } finally {
    staged.remove()
  }
}

/** Who validates: a HAProxy with its version, or nobody, and why not. */
export type Validator = { version: string } | { version: null; because: string }

/**
 * Looks for the HAProxy that validates; the default one may be missing. Throws `command-failed` where another that was asked for is not
 * there, and where what is there does not say within `timeout` ms which HAProxy it is; `cannot-write`.
 */
export async function findValidator({ haproxy, timeout }: Pick<Options, 'haproxy' | 'timeout'>): Promise<Validator> {
  if (haproxy === undefined) return { version: null, because: '--haproxy none' }
  const path = installed(haproxy)
  if (path === undefined) return { version: null, because: 'no haproxy is installed; give --haproxy PATH to insist' }
  return { version: await versionOf(path, timeout) }
}

function installed(haproxy: string): string | undefined {
  try {
    return findHaproxy(haproxy)
  } catch (error) {
    if (haproxy !== 'haproxy' || !(error instanceof UpdaterError)) throw error
    return undefined
  }
}

/** The version that a HAProxy says it is, such as `2.6.12`. */
async function versionOf(path: string, limit: number): Promise<string> {
  const staged = stage({ text: '', maps: [], marker: '' }, false)
  try {
    const ended = await runCommand(path, ['-v'], limit, staged.log)
    const version = ended.how === 'exited' && /\bHA-?Proxy\b.* version (\d[\w.]*)/.exec(ended.output)?.[1]
    if (version) return version
    throw new UpdaterError('command-failed', `${path} ${whyNone(ended, limit)}`)
  } finally {
    staged.remove()
  }
}

function whyNone(ended: Ended, limit: number): string {
  if (ended.how === 'not-started') return `cannot be started: ${ended.reason}; check --haproxy`
  if (ended.how === 'overran') return `-v was not done after ${Math.round(limit / 100) / 10} s; see --timeout`
  return '-v names no version of HAProxy; check --haproxy'
}
