import { record } from '../../src/marathon/json.js'
import { clusterOf } from './cluster.js'
import { arrivalsOf } from './marathon-arrivals.js'
import { type RequestCost, requestCosts, type Ways } from './marathon-cost.js'
import { columns, countsOf, peakOf } from './marathon-curve.js'
import { turnsOf } from './marathon-turns.js'
import { ratio, type Section, table } from './section.js'

const apps = 1000
const team = 'shop'
const nodes = 1000
const splay = 50
/** How many ms it takes until all nodes of a curve have asked. */
const played = 6000

/** What runs cost Marathon: one request, how those of many nodes spread over a minute, and both together. Takes about half a minute. */
export async function marathonSide(): Promise<Section> {
  const costs = await requestCosts(apps, ways)
  const curves = { none: await arrivalsOf(nodes, 0, played), splayed: await arrivalsOf(nodes, splay * 1000, played) }
  const lines = [requestLines(costs), curveLines(curves), await clusterLines(costs)]
  return { title: "Marathon's side", lines: lines.flatMap((part, at) => (at === 0 ? part : ['', ...part])) }
}

const ways = {
  plain: { gzip: false },
  gzip: { gzip: true },
  selected: { gzip: true, labelSelector: `team==${team}` },
  selectedPlain: { gzip: false, labelSelector: `team==${team}` },
} satisfies Ways<string>

type Costs = Record<keyof typeof ways, RequestCost>

function requestLines(costs: Costs): string[] {
  const selected = clusterOf(apps).filter((app) => record(app['labels'])['team'] === team).length
  const selector = `\`--label-selector team==${team}\`, ${selected} of the apps`
  const row = (name: string, { bytes, cpu }: RequestCost): string[] => [
    name,
    ratio(bytes / costs.plain.bytes),
    ratio(cpu / costs.plain.cpu),
    `${number(Math.round(bytes / 1000))} kB`,
    `${Math.round(cpu)} ms`,
  ]
  return [
    `One request of a run, at ${number(apps)} apps with five tasks each. The Marathon is one of ours that writes its JSON anew for`,
    "each request, as Marathon does, but with Node's JSON and zlib, not those of the JVM: bytes carry over, CPU only roughly.",
    '',
    ...table(
      ['', 'bytes to plain', 'CPU to plain', 'bytes', 'CPU'],
      [
        row('plain', costs.plain),
        row('gzip, which every run asks for', costs.gzip),
        row(`gzip, ${selector}`, costs.selected),
        row('plain, the same selector', costs.selectedPlain),
      ],
    ),
  ]
}

function curveLines({ none, splayed }: Record<'none' | 'splayed', number[]>): string[] {
  const [without, withSplay] = [peakOf(none), peakOf(splayed)]
  return [
    `${number(nodes)} nodes that cron starts within the same second ask over connections of their own, and wait as the program does. Below are`,
    `the requests that Marathon counted in each two seconds of a minute; the clock was slowed or hurried, to ${played / 1000} s for all of them. Every`,
    `minute is the same. In the fullest second came ${without} without splay and ${withSplay} with \`--splay ${splay}s\`: **${ratio(without / withSplay)} times less**.`,
    '',
    '```',
    'without splay',
    ...columns(countsOf(none, 2), 6),
    '',
    `--splay ${splay}s`,
    ...columns(countsOf(splayed, 2), 6),
    '```',
  ]
}

/** In s: none, and more and more, up to that of the curve. */
const splays = [0, 10, 20, splay]

async function clusterLines(costs: Costs): Promise<string[]> {
  const rows: { rates: string[]; loads: string[] }[] = []
  for (const count of [100, 1000, 10_000]) rows.push(await clusterRows(count, costs))
  const atOnce = Math.round((nodes * costs.gzip.bytes) / 1e6)
  return [
    'The same waits for fewer and for more nodes, worked out and not played: requests of an average second, and of the fullest one.',
    '',
    ...table(
      [
        'nodes',
        'requests/s',
        'peak without splay',
        ...splays.slice(1).map((seconds) => `peak, \`--splay ${seconds}s\``),
      ],
      rows.map(({ rates }) => rates),
    ),
    '',
    `What one Marathon with ${number(apps)} apps then sends, in MB/s on average / in the fullest second with \`--splay ${splay}s\`. Without splay,`,
    `${number(nodes)} nodes want ${atOnce} MB (gzip) at once.`,
    '',
    ...table(
      ['nodes', 'MB/s plain', 'MB/s gzip', 'MB/s gzip, selector'],
      rows.map(({ loads }) => loads),
    ),
  ]
}

async function clusterRows(count: number, costs: Costs): Promise<{ rates: string[]; loads: string[] }> {
  const average = count / 60
  const peaks: number[] = []
  for (const seconds of splays) peaks.push(peakOf(await turnsOf(count, seconds * 1000)))
  const shown = [costs.plain, costs.gzip, costs.selected]
  const traffic = shown.map(({ bytes }) => {
    const megabytes = (requests: number): string => ratio((requests * bytes) / 1e6)
    return `${megabytes(average)} / ${megabytes(peaks.at(-1) ?? average)}`
  })
  return { rates: [number(count), ratio(average), ...peaks.map(number)], loads: [number(count), ...traffic] }
}

const number = (value: number): string => value.toLocaleString('en')
