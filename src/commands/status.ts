import { setTimeout as sleep } from 'node:timers/promises'
import { type Asked, ownOption } from '../command-line.js'
import { commandSpecs } from '../command-table.js'
import { reasonOf, UpdaterError } from '../errors.js'
import { askRunning, type Running } from '../haproxy/running.js'
import { readLive } from '../live/files.js'
import { lastState, lastSuccess } from '../live/state.js'
import { type Options, readOptions } from '../options.js'
import { isGenuine, markerIn } from '../render/marker.js'
import { type Found, isSettled, judge, pluginLine, unknown } from '../status.js'
import { socketsToAsk } from '../surroundings.js'
import type { Printed } from './printed.js'

/** One line for Nagios on how well it stands, whatever goes wrong: OK, WARNING, CRITICAL or UNKNOWN, status 0 to 3. */
export async function status(asked: Asked): Promise<Printed> {
  try {
    const { line, status } = pluginLine(judge(await find(asked)))
    return { stdout: line, lines: [], status }
  } catch (error) {
    return unknownFor(error)
  }
}

/** The line where an error leaves nothing to judge; a bug shows its stack besides. */
export function unknownFor(error: unknown): Printed {
  const { line, status } = pluginLine(unknown(reasonOf(error)))
  const bug =
    error instanceof UpdaterError ? [] : [`error[internal]: this is a bug, please report it: ${stackOf(error)}`]
  return { stdout: line, lines: bug, status }
}

const stackOf = (error: unknown): unknown => (error instanceof Error ? error.stack : error)

const patience = 5000

/** A run that is between its replacement and the proof is given time to end. */
async function find({ flags, own }: Asked): Promise<Found> {
  // It has a default.
  const maxAge = ownOption(commandSpecs.status.options.maxAge, own['maxAge']) as number
  const options = readOptions(flags, process.env)
  for (const end = Date.now() + patience; ; await sleep(200)) {
    const found = await look(options, maxAge)
    if (isSettled(found) || Date.now() >= end) return found
  }
}

async function look(options: Options, maxAge: number): Promise<Found> {
  const live = readLive(options.haproxyConfig)
  return {
    state: lastState(options.stateDir, live.path),
    lastSuccess: lastSuccess(options.stateDir),
    running: await ask([...socketsToAsk(options, live)]),
    live: live.path,
    isThere: live.text !== undefined,
    marker: markerIn(live.text ?? ''),
    isGenuine: isGenuine(live.text ?? ''),
    maxAge,
    now: Date.now(),
  }
}

/** One that accepts and stays silent does not answer either. */
async function ask(sockets: string[]): Promise<Running> {
  const running = await askRunning(sockets, true).catch((): Running => ({ state: 'not-running' }))
  if (running.state !== 'not-asked' || sockets.length === 0) return running
  throw new UpdaterError('command-failed', `the stats socket ${sockets[0]} may not be opened; run as root`)
}
