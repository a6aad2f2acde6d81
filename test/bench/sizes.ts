import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Comparison, type Cost, compare, costOf, type Measured } from './measure.js'
import { ratio, type Section, table } from './section.js'
import { type Served, serve } from './serve.js'

/** How often each number of apps is measured. */
const rounds = { 10: 11, 100: 11, 1000: 7, 5000: 3, 20000: 3 }

/** How many times the floor's CPU and memory an unchanged run may take, by the number of apps. */
const targets: Record<number, { cpu: number; memory: number }> = {
  10: { cpu: 1.7, memory: 1.3 },
  100: { cpu: 1.7, memory: 1.3 },
  1000: { cpu: 1.5, memory: 1.3 },
  5000: { cpu: 1.3, memory: 1.3 },
}

const mostMemory = 4096
const program = join(import.meta.dirname, '../../bin/haproxy-updater.js')
const floor = join(import.meta.dirname, 'floor.mjs')

type Compared = Record<string, Comparison>

/** CPU, wall and memory of whole runs with 10 to 20,000 apps, compared with asking for the reply and parsing it. */
export async function sizes(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'hu-sizes-'))
  const served = await serve()
  try {
    const compared: [apps: number, Compared][] = []
    for (const [apps, times] of Object.entries(rounds)) {
      process.stderr.write(`sizes: ${apps} apps, ${times} rounds\n`)
      const commands = await commandsFor(served, Number(apps), join(folder, apps))
      compared.push([Number(apps), await compare(commands, times)])
    }
    return { title: 'Sizes', lines: [...intro, '', ...compared.map(verdict), '', ...tableOf(compared)] }
  } finally {
    served.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is measured, the floor first, each run in a place of its own. Where one changes something, all is put back before it. */
async function commandsFor(served: Served, apps: number, folder: string): Promise<Record<string, Measured>> {
  const [url, changedUrl] = [await served.base(apps), await served.base(apps, 'changed')]
  const place = (name: string): string => join(folder, name)
  const run = (name: string, base: string, ...options: string[]): string[] => [
    ...[process.execPath, program, '--marathon', base, '--haproxy-config', join(place(name), 'haproxy.cfg')],
    ...['--state-dir', join(place(name), 'state'), ...common, ...options],
  ]
  for (const name of ['usual', 'full', 'changed']) mkdirSync(place(name), { recursive: true })
  for (const name of ['usual', 'usual', 'full', 'full', 'changed', 'changed']) await costOf({ command: run(name, url) })
  cpSync(place('changed'), place('kept'), { recursive: true })
  const putBack = (): void => {
    rmSync(place('changed'), { recursive: true })
    cpSync(place('kept'), place('changed'), { recursive: true })
  }
  await confirm(run('usual', url), place('usual'), 'unchanged')
  await confirm(run('full', url, '--retry'), place('full'), 'rendered')
  await confirm(run('changed', changedUrl), place('changed'), 'changed')
  const peer = process.env['BENCH_PEER']?.replaceAll('{url}', url).replaceAll('{cfg}', place('peer.cfg'))
  return {
    'the floor': { command: [process.execPath, floor, `${url}/v2/apps?embed=apps.tasks`] },
    unchanged: { command: run('usual', url) },
    'unchanged, rendered in full': { command: run('full', url, '--retry') },
    'unchanged, `--dry-run`': { command: run('usual', url, '--dry-run') },
    '2 % of the apps changed': { command: run('changed', changedUrl), prepare: putBack },
    'first write': {
      command: run('first', url),
      prepare: () => rmSync(place('first'), { recursive: true, force: true }),
    },
    ...(peer === undefined ? {} : { peer: { command: ['bash', '-c', `exec ${peer}`] } }),
  }
}

/** Runs a command once to see that it is what it is called, by what it leaves: nothing new, what it saw, or another text. */
async function confirm(command: string[], folder: string, what: 'unchanged' | 'rendered' | 'changed'): Promise<void> {
  const look = () => ['haproxy.cfg', 'state/seen.json'].map((name) => readFileSync(join(folder, name), 'utf8'))
  const [text, seen] = look()
  await costOf({ command })
  const [textAfter, seenAfter] = look()
  const found = text !== textAfter ? 'changed' : seen !== seenAfter ? 'rendered' : 'unchanged'
  if (found !== what) throw new Error(`${found}, not ${what}: ${command.join(' ')}`)
}

/** HAProxy is stood in for by a command that is always content: its own time is no part of this, nor does it matter who listens where. */
const common = [
  ...['--haproxy', 'true', '--reload', 'true', '--stats-socket', 'none', '--ssl-cert', 'site.pem'],
  ...['--bind', '127.0.0.2', '--http-port', '8080', '--https-port', '8443', '--stats-port', 'off', '--timeout', '5m'],
  ...['--port-check', 'off'],
]

const intro = [
  'Whole processes, each compared with the floor of its round: a Node program that asks for the same reply with `node:http`, parses it, and',
  'does nothing else. A loopback Marathon in another process answers without gzip, five tasks an app, agents with addresses, two replies in',
  'turn, which differ in the times of passed health checks. Where nothing else differs, a run takes the reply for what it was and does not',
  'parse it: that is “unchanged”. Where Marathon gives the same in another order, or a check keeps failing, a run costs what the row',
  '“rendered in full” says. Validation and reload are a command that does nothing, so that HAProxy has no part in this.',
]

const shown = (apps: number): string => apps.toLocaleString('en')

function verdict([apps, compared]: [number, Compared]): string {
  const { ratio: of } = compared['unchanged'] ?? none
  const target = targets[apps]
  const peak = Math.max(...Object.entries(compared).map(([name, one]) => (name === 'peer' ? 0 : one.peak)))
  const isMet = target ? of.cpu <= target.cpu && of.memory <= target.memory : peak < mostMemory
  const says = target
    ? `an unchanged run takes ${ratio(of.cpu)} × the CPU (target: at most ${target.cpu}) and ${ratio(of.memory)} × the memory (${target.memory}) of the floor`
    : `no run takes more than ${Math.round(peak)} MiB (target: below ${mostMemory})`
  return `- ${shown(apps)} apps: ${says}: ${isMet ? 'met' : '**missed**'}`
}

const none: Comparison = { cost: { cpu: 0, wall: 0, memory: 0 }, ratio: { cpu: 0, wall: 0, memory: 0 }, peak: 0 }

const tableOf = (all: [number, Compared][]): string[] =>
  table(
    ['apps', 'CPU', 'wall', 'memory', 'CPU, ms', 'wall, ms', 'memory, MiB'],
    all.flatMap(([apps, compared]) =>
      Object.entries(compared).map(([name, one]) => row(`${shown(apps)}: ${name}`, one)),
    ),
  )

const row = (name: string, { ratio: of, cost }: Comparison): string[] => {
  const numbers = ({ cpu, wall, memory }: Cost, text: (value: number) => string) => [cpu, wall, memory].map(text)
  return [name, ...numbers(of, ratio), ...numbers(cost, (value) => value.toFixed(0))]
}
