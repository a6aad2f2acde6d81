import type { Account } from './account.js'
import { elapsed } from './clock.js'
import { paint } from './color.js'
import type { Printed } from './commands/printed.js'
import { reasonOf, statusOf } from './errors.js'
import { type Facts, factsOf } from './facts.js'
import { type Summary, summarize, unifiedDiff } from './live/diff.js'
import { type LiveFile, readIfAllowed } from './live/files.js'
import { lastSuccess, type Memory, type State } from './live/state.js'
import { writeMetrics } from './metrics-file.js'
import type { Options } from './options.js'
import type { Change, Outcome } from './outcome.js'
import { exitOf, type Failure, failuresAfter, report } from './report.js'
import { jsonOf } from './text.js'

/** A run: whether all is to be told, when it began (by elapsed()), and what was written down as it went. */
export interface Run {
  options: Options
  loud: boolean
  began: number
  account: Account
}

/** What a run has under its lock: the live file as it was, and the memory. */
export interface Held {
  live: LiveFile
  memory: Memory
}

/**
 * What is printed of a run that has ended. The metrics are written, and what the next run must know is saved. `held` undefined: the
 * run did not get its lock or its memory.
 */
export async function conclude(result: Outcome | Failure, run: Run, held: Held | undefined): Promise<Printed> {
  const { options, loud, account } = run
  const now = Date.now()
  const change = 'change' in result ? result.change : options.json ? account.change : undefined
  const summary = change && summarize(change)
  const progress = held && !options.dryRun ? progressOf(result, account, held, now) : undefined
  const state = held?.memory.isKnown ? { ...held.memory.state, ...progress } : undefined
  const facts = factsAt(now, result, summary, run, state)
  const unwritten = measure(options, facts)
  const told = report(
    { ...result, warnings: [...result.warnings, ...unwritten] },
    summary,
    held && !options.dryRun ? held.memory.state : nothingTold,
    { loud: loud || options.dryRun, quiet: options.quiet, now },
  )
  const unsaved = held && progress ? save(held.memory, { ...progress, ...told.told }) : []
  const shown = options.json
    ? { stdout: jsonOf({ ...facts, warnings: [...facts.warnings, ...unwritten, ...unsaved] }), lines: [] }
    : await difference('change' in result ? result.change : undefined, run)
  // Where there was nothing to tell, it is not told either that this cannot be saved: whatever keeps failing would fill the mail.
  const last = told.lines.length > 0 ? unsaved.map((warning) => `warning: ${warning}`) : []
  return { ...shown, lines: [...shown.lines, ...told.lines, ...last], status: statusOf(exitOf(result)) }
}

const nothingTold = { failing: undefined, warnings: [] }

/** What the run adds to the memory beside what was told. Only where the transaction began can the live file be another. */
function progressOf(result: Outcome | Failure, account: Account, { live, memory }: Held, now: number): Partial<State> {
  const failures = failuresAfter(result, memory.state, now)
  const isChanged = account.phases.apply !== undefined && readIfAllowed(live.path) !== live.text
  return { failures, ...(isChanged ? { lastChange: now } : {}) }
}

const factsAt = (
  now: number,
  result: Outcome | Failure,
  summary: Summary | undefined,
  { options, account, began }: Run,
  state: State | undefined,
): Facts =>
  factsOf({
    result,
    summary,
    account,
    live: options.haproxyConfig,
    state,
    lastSuccess: state && lastSuccess(options.stateDir),
    now,
    took: elapsed() - began,
  })

/** A dry run is none of the runs that are measured, nor is one that met another. Gives a warning where the file cannot be written. */
function measure({ dryRun, metricsFile }: Options, facts: Facts): string[] {
  return metricsFile === undefined || dryRun || facts.exit.name === 'busy' ? [] : writeMetrics(metricsFile, facts)
}

/** The difference for who is to see it, coloured where it goes to a terminal. */
async function difference(change: Change | undefined, { options, loud }: Run): Promise<Omit<Printed, 'status'>> {
  if (!change || !(options.dryRun || loud)) return { stdout: '', lines: [] }
  const patch = await unifiedDiff(change)
  if (patch === undefined) return { stdout: '', lines: ['the difference is too large to be printed'] }
  return { stdout: paint(patch, options.color, process.stdout.isTTY === true), lines: [] }
}

/** Gives a warning where it cannot be saved. */
function save(memory: Memory, changes: Partial<State>): string[] {
  try {
    memory.save(changes)
    return []
  } catch (error) {
    return [`what was told cannot be remembered: ${reasonOf(error)}`]
  }
}
