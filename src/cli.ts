import { openAccount } from './account.js'
import { dieCleanly } from './cleanup.js'
import { type Asked, readCommandLine } from './command-line.js'
import type { CommandName } from './command-table.js'
import type { Printed } from './commands/printed.js'
import { type ExitName, reasonOf, statusOf, UpdaterError } from './errors.js'
import { readLive } from './live/files.js'
import { BusyError, takeLock } from './live/lock.js'
import { type Memory, openMemory } from './live/state.js'
import { type Options, readOptions } from './options.js'
import type { Change, Outcome } from './outcome.js'
import { type Failure, report } from './report.js'
import { waitForTurn } from './splay.js'

/** The program: reads the command line, makes one call, prints, and sets the exit status. Never throws. */
export async function main(argv: string[]): Promise<void> {
  dieCleanly()
  for (const stream of [process.stdout, process.stderr]) stream.on('error', noteUnwritable)
  try {
    const asked = readCommandLine(argv)
    if (!asked) return
    if (asked.command === 'run') await run(readOptions(asked.flags, process.env))
    else show(await commands[asked.command](asked))
  } catch (error) {
    const { exit, message } = failureOf(error)
    say([`error[${exit}]: ${message}`])
    process.exitCode = statusOf(exit)
  }
}

/** Each command beside the run, loaded when it is asked for. */
const commands: Record<CommandName, (asked: Asked) => Promise<Printed>> = {
  render: async (asked) => (await import('./commands/render.js')).render(asked),
}

/** One run under the lock: what it did or why not is told as the last runs left off, and remembered for the next. */
async function run(options: Options): Promise<void> {
  const loud = options.verbose || process.stderr.isTTY === true
  if (!options.dryRun && !loud) await waitForTurn(options.splay)
  const unlock = options.dryRun ? () => undefined : lockOrGiveUp(options, loud)
  if (!unlock) return
  const memory = openMemory(options.stateDir, readLive(options.haproxyConfig).path, options.dryRun)
  const result = await attempt(options, memory, !loud && !options.retry)
  await tell(result, options, memory, loud)
  unlock()
}

/** A run that meets another says nothing to cron until that one is ten minutes old. */
function lockOrGiveUp(options: Options, loud: boolean): (() => void) | undefined {
  try {
    return takeLock(options.stateDir)
  } catch (error) {
    if (!(error instanceof BusyError)) throw error
    if (loud || error.age >= 10 * 60_000) say([`error[busy]: ${error.message}`])
    process.exitCode = statusOf('busy')
    return undefined
  }
}

async function attempt(options: Options, memory: Memory, patient: boolean): Promise<Outcome | Failure> {
  const { update } = await import('./update.js')
  try {
    return await update(options, memory, patient, openAccount())
  } catch (error) {
    return failureOf(error)
  }
}

async function tell(result: Outcome | Failure, options: Options, memory: Memory, loud: boolean): Promise<void> {
  const changed = result.kind === 'updated' || result.kind === 'pending' ? result.change : undefined
  const summary = changed && (await import('./live/diff.js')).summarize(changed)
  const manners = { loud: loud || options.dryRun, quiet: options.quiet, now: Date.now() }
  const { lines, told } = report(result, summary, memory.state, manners)
  if (changed && (options.dryRun || loud)) await showDifference(changed, options)
  say([...lines, ...remember(memory, told)])
  process.exitCode = statusOf(exitOf(result))
}

/** The difference, coloured where it goes to a terminal. */
async function showDifference(change: Change, options: Options): Promise<void> {
  const [{ unifiedDiff }, { paint }] = await Promise.all([import('./live/diff.js'), import('./color.js')])
  const patch = await unifiedDiff(change)
  if (patch === undefined) say(['the difference is too large to be printed'])
  else print(paint(patch, options.color, process.stdout.isTTY === true))
}

function remember(memory: Memory, told: Parameters<Memory['save']>[0]): string[] {
  try {
    memory.save(told)
    return []
  } catch (error) {
    return [`warning: what was told cannot be remembered: ${reasonOf(error)}`]
  }
}

function show({ stdout, lines, status }: Printed): void {
  print(stdout)
  say(lines)
  process.exitCode = status
}

function exitOf(result: Outcome | Failure): ExitName {
  if (result.kind === 'failed') return result.exit
  if (result.kind === 'pending') return result.refusal === undefined ? 'pending' : 'unsafe'
  return 'ok'
}

/** A person's mistake or a fault of the surroundings has a name; whatever else is thrown is a bug, and shows its stack. */
function failureOf(error: unknown): Failure {
  if (error instanceof UpdaterError) return { kind: 'failed', exit: error.exit, message: error.message }
  const stack = error instanceof Error ? error.stack : String(error)
  return { kind: 'failed', exit: 'internal', message: `this is a bug, please report it: ${stack}` }
}

function say(lines: string[]): void {
  for (const line of lines) process.stderr.write(`haproxy-updater: ${line}\n`)
}

function print(text: string): void {
  if (text !== '') process.stdout.write(text)
}

/** A reader such as head(1) that has seen enough is no failure; a disk that is full is one. */
function noteUnwritable(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') process.exitCode = statusOf('cannot-write')
}
