import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Comparison, compare, costOf, type Measured } from './measure.js'
import { ratio, type Section, table } from './section.js'
import { serve } from './serve.js'

const majors = [20, 22, 24, 26]
const apps = 100
const rounds = 9
const root = join(import.meta.dirname, '../..')

/** The unchanged run on newer Nodes, compared with the floor there and with the run without what is meant to make it faster. */
export async function nodes(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'hu-nodes-'))
  const served = await serve()
  try {
    const programs = { plain: program, tiered: withoutFlag(folder), cached: program }
    const url = await served.base(apps)
    const rows: string[][] = []
    for (const major of majors) {
      const node = join(
        execFileSync('sh', [join(root, 'test/support/node.sh'), String(major)], { encoding: 'utf8' }).trim(),
        'node',
      )
      rows.push(
        rowOf(
          version(node),
          await compare(await commandsFor(node, programs, url, join(folder, String(major))), rounds),
        ),
      )
    }
    return { title: 'Newer Nodes', lines: [...intro, '', ...table(head, rows)] }
  } finally {
    served.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const version = (node: string): string => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()

type Program = 'plain' | 'tiered' | 'cached'

const program = join(root, 'bin/haproxy-updater.js')

/** The program as it would be if V8 optimised WebAssembly as it likes. */
function withoutFlag(folder: string): string {
  const copy = join(folder, 'tiered')
  for (const part of ['bin', 'dist', 'templates', 'package.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  const files = readdirSync(join(copy, 'dist')).filter((name) => name.endsWith('.js'))
  const flagged = files
    .map((name) => join(copy, 'dist', name))
    .filter((path) => readFileSync(path, 'utf8').includes(flag))
  for (const path of flagged) writeFileSync(path, readFileSync(path, 'utf8').replace(flag, flag.replace('--', '--no-')))
  if (flagged.length !== 1) throw new Error(`${flag} is in ${flagged.length} files`)
  return join(copy, 'bin/haproxy-updater.js')
}

const flag = '--liftoff-only'

/** Every run has a place of its own, in which it was twice before. */
async function commandsFor(node: string, programs: Record<Program, string>, url: string, folder: string) {
  const commands: Record<string, Measured> = {
    floor: { command: [node, join(import.meta.dirname, 'floor.mjs'), `${url}/v2/apps?embed=apps.tasks`] },
  }
  for (const [name, file] of Object.entries(programs)) {
    const place = join(folder, name)
    mkdirSync(place, { recursive: true })
    const options = ['--haproxy', 'none', '--reload', 'none', '--ssl-cert', 'site.pem']
    const paths = ['--haproxy-config', join(place, 'haproxy.cfg'), '--state-dir', join(place, 'state')]
    const cache = name === 'cached' ? ['env', `NODE_COMPILE_CACHE=${join(place, 'compiled')}`] : []
    const command = [...cache, node, file, '--marathon', url, ...paths, ...options]
    for (let times = 0; times < 3; times++) await costOf({ command })
    commands[name] = { command }
  }
  return commands
}

const intro = [
  `The unchanged run with ${apps} apps on each major version of Node, compared with the floor on the same Node; and the CPU that it takes,`,
  `compared with that, where V8 optimises WebAssembly as it likes (\`${flag}\` is set below Node 24), and where Node keeps compiled code`,
  '(`NODE_COMPILE_CACHE`, from Node 22.1 on).',
]

const head = ['Node', 'CPU', 'memory', 'CPU without the flag', 'CPU with the cache', 'CPU, ms', 'memory, MiB']

function rowOf(name: string, { plain = none, tiered = none, cached = none }: Record<string, Comparison>): string[] {
  const { ratio: of, cost } = plain
  const more = [tiered, cached].map((other) => other.ratio.cpu / of.cpu)
  return [name, ...[of.cpu, of.memory, ...more].map(ratio), cost.cpu.toFixed(0), cost.memory.toFixed(0)]
}

const none: Comparison = {
  cost: { cpu: Number.NaN, wall: Number.NaN, memory: Number.NaN },
  ratio: { cpu: Number.NaN, wall: Number.NaN, memory: Number.NaN },
  peak: Number.NaN,
}
