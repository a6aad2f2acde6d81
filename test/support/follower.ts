import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openedBy } from './opened-by.js'
import { type Result, type RunOptions, startProgram } from './program.js'
import type { Site } from './site.js'
import { until } from './wait.js'

/** A run with `--follow`. */
export interface Follower {
  /** The lines that it has printed so far, on standard error. */
  readonly lines: string[]
  readonly hasEnded: boolean
  done: Promise<Result>
  /** Waits until it has printed so many lines with this in them. */
  said(text: string, times?: number): Promise<void>
  /** Waits until it has made so many changes. */
  updated(times: number): Promise<void>
  /** Sends a signal, if it still runs, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Result>
}

/** Starts a run that follows at a site, for longer than any test takes unless its options say how long. */
export function startFollower(site: Site, args: string[], options: RunOptions): Follower {
  const TMPDIR = join(site.dir, 'tmp')
  mkdirSync(TMPDIR, { recursive: true })
  const { child, done } = startProgram(['--follow', '20m', ...args], { ...options, env: { TMPDIR, ...options.env } })
  let text = ''
  child.stderr.on('data', (more) => {
    text += more
  })
  const follower: Follower = {
    get lines() {
      return text.split('\n').slice(0, -1)
    },
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null
    },
    done,
    said: (part, times = 1) =>
      until(() => follower.lines.filter((line) => line.includes(part)).length >= times, {
        timeout: 20_000,
        what: `"${part}", ${times} times`,
      }),
    updated: (times) => follower.said('updated', times),
    end(signal) {
      child.kill(signal)
      return done
    },
  }
  return follower
}

/** What a run that has ended must not leave behind: temporary files, and processes that have the lock or wait for it. */
export const leftBehind = ({ dir, stateDir }: Site): unknown[] => [
  ...readdirSync(join(dir, 'tmp')),
  ...['etc', 'state'].flatMap((folder) => readdirSync(join(dir, folder)).filter((name) => name.startsWith('.'))),
  ...openedBy(stateDir),
]
