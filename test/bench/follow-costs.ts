import type { Followed } from './follow-events.js'
import type { Idle } from './follow-idle.js'
import type { Memory } from './process-cost.js'
import { quantile, ratio, table } from './section.js'

/** What a follower costs its host while nothing happens; `memory` is that of one after its last event. */
export function idleLines({ apps, follower, node, plain }: Idle, memory: Memory): string[] {
  const row = (name: string, { rss, pss }: Memory): string[] => [
    name,
    ratio(rss / node.memory.rss),
    ratio(pss / node.memory.pss),
    rss.toFixed(0),
    pss.toFixed(0),
  ]
  return [
    `A follower at ${number(apps)} apps that gets nothing but a heartbeat every ten seconds takes ${follower.cpu.toFixed(0)} ms of CPU in the minute after its first`,
    `run: **${ratio(follower.cpu / plain)} of a whole plain run that finds nothing new** (${plain.toFixed(0)} ms), with the like of which it begins. A Node program that holds`,
    `such a connection and does nothing else takes ${node.cpu.toFixed(0)} ms. Memory, compared with that program (PSS: what several`,
    'processes share counts in parts, and a few Nodes ran beside):',
    '',
    ...table(
      ['', 'RSS', 'PSS', 'RSS, MiB', 'PSS, MiB'],
      [
        row('that program', node.memory),
        row('a follower, a minute after its first run', follower.memory),
        row('a follower, after its last event', memory),
      ],
    ),
  ]
}

/** What followers cost Marathon. */
export function marathonLines(all: { apps: number; events: Followed[] }[], { apps, marathon }: Idle): string[] {
  const row = (of: number, name: string, requests: number, sent: number): string[] => [
    `${number(of)} apps: ${name}`,
    ratio(requests),
    number(Math.round(sent / 1000)),
  ]
  const ofEvents = (of: number, events: Followed[]): string[] =>
    row(of, 'an event', mean(events.map(({ requests }) => requests)), mean(events.map(({ sent }) => sent)))
  const { plain, follower } = marathon
  return [
    'What each node costs Marathon, which sends gzip. A follower holds one connection besides, and all followers ask at the same event:',
    `${all.map(spread).join(', ')}.`,
    '',
    ...table(
      ['', 'requests', 'kB'],
      [
        row(apps, 'a plain minute', plain.arrivals.length, plain.sent),
        row(apps, "a follower's minute without an event", follower.arrivals.length, follower.sent),
        ...all.map((one) => ofEvents(one.apps, one.events)),
      ],
    ),
  ]
}

function spread({ apps, events }: { apps: number; events: Followed[] }): string {
  const [first, last] = [0.05, 0.95].map((part) =>
    quantile(
      events.map(({ asked }) => asked),
      part,
    ).toFixed(0),
  )
  return `at ${number(apps)} apps nine of ten requests came ${first} to ${last} ms after it`
}

const mean = (values: number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length

const number = (value: number): string => value.toLocaleString('en')
