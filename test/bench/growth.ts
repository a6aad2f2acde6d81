import { join } from 'node:path'
import { inFreshProcess } from './fresh.js'
import { ratio, type Section, table } from './section.js'
import { stepTimes } from './steps.js'

const sizes = [5000, 10_000, 20_000]

/** The µs for one app, by the step, in a cluster of each size. */
type Costs = Record<string, number>[]

/** How the time of each step of a run grows with the number of apps. */
export async function growth(): Promise<Section> {
  const costs: Costs = []
  for (const apps of sizes) {
    process.stderr.write(`growth: ${apps} apps\n`)
    const times = await inFreshProcess(join(import.meta.dirname, 'steps.ts'), stepTimes, apps)
    const all = { ...times, [whole]: Object.values(times).reduce((sum, one) => sum + one, 0) }
    costs.push(Object.fromEntries(Object.entries(all).map(([step, ms]) => [step, (1000 * ms) / apps])))
  }
  const rows = Object.entries(costs[0] ?? {}).map(([step, cost]) => [
    step,
    cost.toFixed(1),
    ...costs.slice(1).map((larger) => ratio((larger[step] ?? Number.NaN) / cost)),
  ])
  return { title: 'Growth', lines: [...intro, '', ...table(head, rows)] }
}

const whole = '**all steps**'
const head = ['step', 'an app at 5,000, µs', 'at 10,000, of that', 'at 20,000, of that']
const intro = [
  'The CPU that each step of a run takes for one app of five tasks, and what becomes of that in larger clusters: 1 is linear, 2 and 4 would',
  'be quadratic. Each size has a process of its own, warmed up with a small cluster; the lesser of two times counts. `JSON.parse` is linear,',
  'and shows what a larger heap costs; steps of a few µs vary by chance.',
]
