// `npm run soak`: minutes of deployments and misfortunes under load; SOAK_SECONDS says how many seconds, SOAK_SEED which.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figuresOf } from './figures.js'
import { failuresOf } from './judgement.js'
import { soak } from './run.js'

// All that is made lies here, and goes with this process, however it ends.
const folder = mkdtempSync(join(tmpdir(), 'hu-soak-'))
process.env['TMPDIR'] = folder
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const seconds = Number(process.env['SOAK_SECONDS'] ?? 300)
const seed = Number(process.env['SOAK_SEED'] ?? 1)
if (!(seconds > 0) || !Number.isInteger(seed)) {
  console.error('SOAK_SECONDS is a number of seconds, and SOAK_SEED a whole number')
  process.exit(64)
}
/** A second beyond the default of --min-reload-interval. */
const limit = 3000

console.error(`for ${seconds} s …`)
const soaked = await soak({ seed, seconds, every: 10, follow: 20, alone: Math.round(0.4 * seconds), patient: false })
console.log(figuresOf(soaked).join('\n'))
const failures = failuresOf(soaked, limit)
for (const failure of failures) console.error(failure)
process.exitCode = failures.length > 0 ? 1 : 0
