import type { Followed } from './follow-events.js'
import { median, quantile, ratio, table } from './section.js'

/** What was measured with so many apps: events, and the ms from the start of each plain run until HAProxy served what it found. */
export interface Latencies {
  apps: number
  events: Followed[]
  plain: number[]
}

/** How long it takes until a change is served, with `--follow` and by a run a minute. */
export function latencyLines(all: Latencies[]): string[] {
  const { events = [], plain = [] } = all[0] ?? {}
  const each = (text: (one: Latencies) => string): string => all.map(text).join(' and ')
  const sooner = each(
    (one) =>
      `${(median(minutesOf(one.plain)) / median(served(one.events))).toFixed(0)} times sooner at ${number(one.apps)} apps`,
  )
  const counted = each((one) => `${one.events.length} events at ${number(one.apps)} apps`)
  return [
    `**In the median a change is served ${sooner} than by a run a minute.** Measured from`,
    "an event on Marathon's stream, which says that the one task of an app has come or gone, until a real HAProxy, asked every 2 ms for the",
    `host of that app, answers as it should. ${counted}, each alone (\`--min-reload-interval 0\`). A follower`,
    `gets ${events.length / firstOf(events).length} of them and is replaced, as cron does: the first one finds code that V8 has not optimised yet. Marathon has its replies ready.`,
    `Plain: a change waits 0 to 60 s for a run, one as likely as the other; that is worked out from ${plain.length} runs that found a change.`,
    '',
    ...table(['s', 'median to plain', 'min', 'median', '90 %', '99 %', 'max'], all.flatMap(rows)),
  ]
}

function rows({ apps, plain, events }: Latencies): string[][] {
  const minutes = minutesOf(plain)
  const row = (name: string, values: number[]): string[] => [
    `${number(apps)} apps: ${name}`,
    (median(values) / median(minutes)).toFixed(3),
    ...[0, 0.5, 0.9, 0.99, 1].map((part) => seconds(quantile(values, part))),
  ]
  return [
    row('`--follow`', served(events)),
    row('`--follow`, the first event of each', served(firstOf(events))),
    row('plain, once a minute', minutes),
    row('the run alone', plain),
  ]
}

/** How long changes take that wait for such runs, evenly from 0 to 60 s. */
const minutesOf = (runs: number[]): number[] =>
  runs.flatMap((run) => Array.from({ length: 600 }, (_, tenth) => 100 * (tenth + 0.5) + run))

const firstOf = (events: Followed[]): Followed[] => events.filter(({ isFirst }) => isFirst)

const served = (events: Followed[]): number[] => events.map((event) => event.served)

/** Where the time from the event goes. */
export function partLines(all: Latencies[]): string[] {
  const row = (name: string, of: (event: Followed) => number): string[] => [
    name,
    ...all.flatMap(({ events }) => {
      const part = median(events.map(of))
      return [ratio(part / median(served(events))), part.toFixed(0)]
    }),
  ]
  return [
    'Where the time goes from the event on:',
    '',
    ...table(
      ['', ...all.flatMap(({ apps }) => [`${number(apps)} apps: of the whole`, 'ms'])],
      [
        row('until Marathon is asked: 100 ms are `--settle`', ({ asked }) => asked),
        row('fetch: the reply is received and parsed', ({ fetch }) => fetch),
        row('render', ({ render }) => render),
        row('validate: staged, and checked by HAProxy', ({ validate }) => validate),
        row('written, reloaded, and served', (one) => one.served - one.asked - one.fetch - one.render - one.validate),
        row('**the whole**', (event) => event.served),
      ],
    ),
  ]
}

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 2 : 1)

const number = (value: number): string => value.toLocaleString('en')
