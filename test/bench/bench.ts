// The report: `npm run bench` prints all sections and keeps them in RESULTS.md, `npm run bench -- sizes growth` prints only those.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { version } from '../../src/version.js'
import { changePath } from './change-path.js'
import { follow } from './follow.js'
import { growth } from './growth.js'
import { manyHosts } from './many-hosts.js'
import { marathonSide } from './marathon-side.js'
import { nodes } from './nodes.js'
import type { Section } from './section.js'
import { sizes } from './sizes.js'

const sections: Record<string, () => Promise<Section>> = {
  sizes,
  growth,
  changePath,
  follow,
  marathonSide,
  manyHosts,
  nodes,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(sections, name))
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}: the sections are ${Object.keys(sections).join(', ')}`)
  process.exit(64)
}

// All that is made lies here, and goes with this process, however it ends.
const folder = mkdtempSync(join(tmpdir(), 'hu-bench-'))
process.env['TMPDIR'] = folder
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const began = performance.now()
const parts: string[] = []
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const started = performance.now()
  console.error(`${name} …`)
  const { title, lines } = await section().catch(unmeasured(name))
  console.error(`${name}: ${seconds(started)} s`)
  const text = `## ${title}\n\n${lines.join('\n')}\n`
  console.log(text)
  parts.push(text)
}
if (wanted.length === 0) writeFileSync(join(import.meta.dirname, 'RESULTS.md'), [heading(), ...parts].join('\n'))

/** A section that fails does not take the others with it. */
function unmeasured(title: string) {
  return (error: unknown): Section => {
    console.error(error)
    process.exitCode = 1
    return { title, lines: [`Not measured: ${String(error).split('\n')[0]}`] }
  }
}

/** What was measured, when, where, and how long that took. */
function heading(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`
  const versions = [
    `haproxy-updater ${version}`,
    `Node ${process.versions.node}`,
    saidBy('haproxy', '-v'),
    saidBy('wrk', '-v'),
  ]
  return [
    '# Benchmark',
    '',
    'Ratios come first: they carry over to other machines, milliseconds do not. Figures are medians where nothing else is said.',
    '',
    `- ${new Date().toISOString().slice(0, 10)}, in ${Math.round(Number(seconds(began)) / 60)} minutes`,
    `- ${cpus().length} cores (${cpus()[0]?.model}), ${memory}, Linux ${release().replace(/^(\d+\.\d+).*/, '$1')}`,
    `- ${versions.join(', ')}`,
    '',
  ].join('\n')
}

/** What a program says of its own version: `HAProxy 2.6.12-1+deb12u4`, `wrk debian/4.1.0-3+b2`. */
function saidBy(program: string, option: string): string {
  const PATH = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`
  const { stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8', env: { ...process.env, PATH } })
  return /^\w+( version)? [\w./+~-]+/.exec(stdout + stderr)?.[0].replace(' version', '') ?? `${program} (not there)`
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0)
}
