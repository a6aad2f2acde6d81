import { basename, dirname, join } from 'node:path'
import type { Draft } from '../compose.js'
import { UpdaterError } from '../errors.js'
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
 * Looks for the HAProxy that validates; the default one may be missing. Throws `command-failed` where another that was asked for
 * cannot be run.
 */
export async function findValidator(haproxy: string | undefined): Promise<Validator> {
  if (haproxy === undefined) return { version: null, because: '--haproxy none' }
  try {
    return { version: await versionOf(findHaproxy(haproxy)) }
  } catch (error) {
    if (haproxy !== 'haproxy' || !(error instanceof UpdaterError)) throw error
    return { version: null, because: 'no haproxy is installed; give --haproxy PATH to insist' }
  }
}

/** The version that a HAProxy says it is, such as `2.6.12`. */
async function versionOf(path: string): Promise<string> {
  const { execa } = await import('execa')
  const surroundings = { stdin: 'ignore', env: { PATH: process.env['PATH'] ?? '' }, extendEnv: false } as const
  const { stdout } = await execa(path, ['-v'], { ...surroundings, timeout: 5000, maxBuffer: 2 ** 16, reject: false })
  return /\bversion (\d[\w.]*)/.exec(String(stdout))?.[1] ?? 'of unknown version'
}
