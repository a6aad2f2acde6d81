import { dieCleanly } from './cleanup.js'
import { type Asked, readCommandLine } from './command-line.js'
import type { Printed } from './commands/printed.js'
import { statusOf } from './errors.js'
import { failureOf } from './report.js'

/** The program: reads the command line, makes one call, prints, and sets the exit status. Never throws. */
export async function main(argv: string[]): Promise<void> {
  dieCleanly()
  for (const stream of [process.stdout, process.stderr]) stream.on('error', noteUnwritable)
  try {
    const asked = readCommandLine(argv)
    if (!asked) return
    show(await commands[asked.command](asked))
  } catch (error) {
    const { exit, message } = failureOf(error)
    say([`error[${exit}]: ${message}`])
    process.exitCode = statusOf(exit)
  }
}

/** The run and each command beside it, loaded when it is asked for. */
const commands: Record<Asked['command'], (asked: Asked) => Promise<Printed>> = {
  run: async (asked) => (await import('./commands/run.js')).run(asked),
  render: async (asked) => (await import('./commands/render.js')).render(asked),
  check: async (asked) => (await import('./commands/check.js')).check(asked),
  routes: async (asked) => (await import('./commands/routes.js')).routes(asked),
  status: async (asked) => (await import('./commands/status.js')).status(asked),
  record: async (asked) => (await import('./commands/record.js')).record(asked),
  completion: async (asked) => (await import('./commands/completion.js')).completion(asked),
  man: async () => (await import('./commands/man.js')).man(),
}

function show({ stdout, lines, status }: Printed): void {
  print(stdout)
  say(lines)
  process.exitCode = status
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
