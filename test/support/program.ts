import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../../bin/haproxy-updater.js')

/** How the program is started. Of the test's own environment it gets PATH, HOME and TZ; `timeout` is in ms. */
export interface RunOptions {
  env?: Record<string, string | undefined>
  /** Standard input, which is empty by default. */
  input?: string
  cwd?: string
  /** Aborting it ends the program with SIGTERM. */
  signal?: AbortSignal
  nodeArgs?: string[]
  /** Another program file than that of the checkout. */
  program?: string
  timeout?: number
}

/** How a run ended, what it printed, and the ms it took. */
export interface Result {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  ms: number
}

/** Runs the program, not at a terminal, and waits for its end. Rejects only if it cannot be started or overruns the time-out. */
export const runProgram = (args: string[], options: RunOptions = {}): Promise<Result> =>
  startProgram(args, options).done

/** Starts the program as `runProgram` does and gives the process at once. */
export function startProgram(
  args: string[],
  options: RunOptions = {},
): { child: ChildProcessWithoutNullStreams; done: Promise<Result> } {
  return start(process.execPath, nodeArgs(args, options), options)
}

/** Runs the program at a pseudo-terminal. All it prints is in `stdout`, with plain ends of line; a signal n gives status 128+n. */
export async function runInTerminal(args: string[], options: RunOptions = {}): Promise<Result> {
  const command = [process.execPath, ...nodeArgs(args, options)].map(quote).join(' ')
  const env = { TERM: 'xterm-256color', ...options.env }
  const result = await start('script', ['-qec', command, '/dev/null'], { ...options, env }).done
  return { ...result, stdout: result.stdout.replaceAll('\r\n', '\n') }
}

const nodeArgs = (args: string[], options: RunOptions): string[] => [
  ...(options.nodeArgs ?? []),
  options.program ?? program,
  ...args,
]

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

function start(command: string, args: string[], options: RunOptions) {
  const began = performance.now()
  const { cwd, signal, timeout = 60_000 } = options
  const { PATH, HOME, TZ } = process.env
  const env = { PATH, HOME, TZ, ...options.env }
  const child = spawn(command, args, { cwd, signal, env, stdio: 'pipe' })
  const result: Result = { status: null, signal: null, stdout: '', stderr: '', ms: 0 }
  child.stdout.setEncoding('utf8').on('data', (text) => (result.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (result.stderr += text))
  // A program that ends without reading its input breaks the pipe, which is its right.
  child.stdin.on('error', () => {}).end(options.input)
  const done = new Promise<Result>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`still running after ${timeout} ms: ${args.join(' ')}\n${result.stdout}${result.stderr}`))
    }, timeout)
    child.on('error', (error) => child.pid === undefined && reject(error))
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ ...result, status, signal, ms: performance.now() - began })
    })
  })
  return { child, done }
}
