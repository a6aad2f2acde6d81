import { spawnSync } from 'node:child_process'

/** How promtool ended and all that it said. */
export interface Checked {
  status: number | null
  output: string
}

/** Runs Prometheus' own tool. */
export const promtool = (...args: string[]): Checked => run(args, '')

/** What Prometheus' own linter says of metrics as text. */
export const lintMetrics = (text: string): Checked => run(['check', 'metrics'], text)

function run(args: string[], input: string): Checked {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', input })
  return { status, output: stdout + stderr }
}
