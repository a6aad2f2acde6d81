import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { median } from './section.js'

/** What a whole process cost, with those that it started and waited for: CPU and wall in ms, peak memory of the largest in MiB. */
export interface Cost {
  cpu: number
  wall: number
  memory: number
}

/** A command to be measured, which must end with status 0; `prepare` sets the scene before each time. */
export interface Measured {
  command: string[]
  prepare?: () => void | Promise<void>
}

/** The medians of a command's rounds, the medians of its ratios to the first command of the same round, and the largest memory. */
export interface Comparison {
  cost: Cost
  ratio: Cost
  peak: number
}

/** Runs some commands in turn, `rounds` times, and compares each with the first. Rejects where one does not end with status 0. */
export async function compare<Name extends string>(
  commands: Record<Name, Measured>,
  rounds: number,
): Promise<Record<Name, Comparison>> {
  const named = Object.entries<Measured>(commands)
  const costs: Cost[][] = []
  for (let round = 0; round < rounds; round++) {
    const one: Cost[] = []
    for (const [, measured] of named) one.push(await costOf(measured))
    costs.push(one)
  }
  const compared = named.map(([name], at) => [name, comparisonOf(costs, at)] as const)
  return Object.fromEntries(compared) as Record<Name, Comparison>
}

function comparisonOf(rounds: Cost[][], at: number): Comparison {
  const of = (key: keyof Cost) => rounds.map((costs) => costs[at]?.[key] ?? Number.NaN)
  const to = (key: keyof Cost) =>
    rounds.map((costs) => (costs[at]?.[key] ?? Number.NaN) / (costs[0]?.[key] ?? Number.NaN))
  const middle = (values: (key: keyof Cost) => number[]): Cost => ({
    cpu: median(values('cpu')),
    wall: median(values('wall')),
    memory: median(values('memory')),
  })
  return { cost: middle(of), ratio: middle(to), peak: Math.max(...of('memory')) }
}

// Bash counts CPU to the millisecond, GNU time knows the memory.
const script = `
  memory=$(mktemp) said=$(mktemp)
  TIMEFORMAT='%3U %3S %3R'
  time /usr/bin/time -q -o "$memory" -f %M "$@" >"$said" 2>&1 </dev/null
  status=$?
  cat "$memory"
  [ $status = 0 ] || tail -c 2000 "$said"
  rm "$memory" "$said"
  exit $status`

/** Runs a command once and gives what it cost. Rejects with what it said where it does not end with status 0. */
export async function costOf({ command, prepare }: Measured): Promise<Cost> {
  await prepare?.()
  const { status, stdout, stderr } = await run(command)
  if (status !== 0) throw new Error(`status ${status}: ${command.join(' ')}\n${stdout}`)
  const [user = Number.NaN, system = Number.NaN, wall = Number.NaN] = stderr.trim().split(' ').map(Number)
  return { cpu: 1000 * (user + system), wall: 1000 * wall, memory: Number(stdout) / 1024 }
}

interface Ended {
  status: number
  stdout: string
  stderr: string
}

async function run(command: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', ...command])
    return { status: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string }
    if (typeof code !== 'number') throw error
    return { status: code, stdout, stderr }
  }
}
