import { dieCleanly } from './cleanup.js'
import { readCommandLine } from './command-line.js'
import type { Printed } from './commands/printed.js'
import { run } from './commands/run.js'
import { reasonOf, statusOf } from './errors.js'
import { failureOf } from './report.js'

/** The program: reads the command line, makes one call, prints, and sets the exit status. Never throws. */
export async function main(argv: string[]): Promise<void> {
  dieCleanly()
  // Whatever does not come to its end is no success.
  process.exitCode = isForMonitor() ? 3 : statusOf('internal')
  try {
    const asked = readCommandLine(argv, print)
    if (!asked) {
      process.exitCode = 0
      return
    }
    const { command } = asked
    show(command === 'run' ? await run(asked) : await (await seldom())[command](asked))
  } catch (error) {
    if (isForMonitor()) return show((await seldom()).unknownFor(error))
    const { exit, message } = failureOf(error)
    show({ stdout: '', lines: [`error[${exit}]: ${message}`], status: statusOf(exit) })
  }
}

const seldom = () => import('./seldom.js')

function show({ stdout, lines, status }: Printed): void {
  print(stdout)
  say(lines)
  process.exitCode = status
}

function say(lines: string[]): void {
  if (lines.length === 0) return
  process.stderr.on('error', noteUnwritten)
  for (const line of lines) process.stderr.write(`haproxy-updater: ${line}\n`)
}

function print(text: string): void {
  if (text === '') return
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    noteUnwritten(error)
    if (error.code !== 'EPIPE') say([`error[cannot-write]: standard output cannot be written: ${reasonOf(error)}`])
  })
  process.stdout.write(text)
}

/** A reader such as head(1) that has seen enough is no failure; a disk that is full is one, if there is no graver. */
function noteUnwritten(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') process.exitCode ||= isForMonitor() ? 3 : statusOf('cannot-write')
}

/** A monitor knows the statuses 0 to 3 and no others, whatever is wrong. */
const isForMonitor = (): boolean => process.argv.slice(2).includes('status')
