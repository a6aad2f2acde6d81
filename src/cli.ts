import { dieCleanly } from './cleanup.js'
import { readCommandLine } from './command-line.js'
import { commandSpecs } from './command-table.js'
import type { Printed } from './commands/printed.js'
import { run } from './commands/run.js'
import { reasonOf, statusOf } from './errors.js'
import { failureOf } from './report.js'
import { plainLines } from './text.js'

/** The program: reads the command line, makes one call, prints, and sets the exit status. Never throws. */
export async function main(argv: string[]): Promise<void> {
  dieCleanly()
  // Whatever does not come to its end is no success.
  process.exitCode = isForMonitor ? 3 : statusOf('internal')
  const status = await call(argv)
  process.exitCode = status || unwritten
}

async function call(argv: string[]): Promise<number> {
  try {
    const asked = readCommandLine(argv, print)
    if (!asked) return 0
    const { command } = asked
    isForMonitor = command === 'status'
    if (command === 'run') return await showAll(run(asked))
    return show(await (await seldom())[command](asked))
  } catch (error) {
    if (isForMonitor) return show((await seldom()).unknownFor(error))
    const { exit, message } = failureOf(error)
    return show({ stdout: '', lines: [`error[${exit}]: ${message}`], status: statusOf(exit) })
  }
}

const seldom = () => import('./seldom.js')

/** The status of the last run counts. */
async function showAll(runs: AsyncIterable<Printed>): Promise<number> {
  let status = statusOf('internal')
  for await (const printed of runs) status = show(printed)
  return status
}

function show({ stdout, lines, status }: Printed): number {
  print(stdout)
  say(lines)
  return status
}

const say = (lines: string[]): void =>
  write('stderr', lines.map((line) => `haproxy-updater: ${plainLines(line)}\n`).join(''), noteUnwritten)

const print = (text: string): void =>
  write('stdout', text, (error) => {
    noteUnwritten(error)
    if (error.code !== 'EPIPE') say([`error[cannot-write]: standard output cannot be written: ${reasonOf(error)}`])
  })

/** A stream is opened when there is something to write; one that failed is written to no more. */
function write(name: 'stdout' | 'stderr', text: string, whenFailed: (error: NodeJS.ErrnoException) => void): void {
  if (text === '') return
  const stream = process[name]
  if (stream.listenerCount('error') === 0) stream.on('error', whenFailed)
  if (stream.writable) stream.write(text)
}

/** The status that output gives which could not be written. */
let unwritten = 0

/** A reader such as head(1) that has seen enough is no failure; a disk that is full is one, if there is no graver. */
function noteUnwritten(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return
  unwritten = isForMonitor ? 3 : statusOf('cannot-write')
  process.exitCode ||= unwritten
}

/**
 * A monitor knows the statuses 0 to 3 and no others, whatever is wrong. Until the command line is understood, the first word in it that
 * is a command tells.
 */
let isForMonitor = process.argv.slice(2).find((word) => Object.hasOwn(commandSpecs, word)) === 'status'
