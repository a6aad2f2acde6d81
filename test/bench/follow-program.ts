import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Facts } from '../../src/facts.js'
import { startProgram } from '../support/program.js'

/** A program that follows Marathon's events, until it is stopped. */
export interface Follower {
  pid: number
  /** What it says of its next run. Rejects where there is none, or where it did not end as expected. */
  run(outcome: Facts['outcome']): Promise<Facts>
  stop(): Promise<void>
}

/** Starts the program with these options, to follow for at most a quarter of an hour, and waits for the run that it begins with. */
export async function startFollower(args: string[]): Promise<Follower> {
  const follower = await start(args)
  try {
    await follower.run('unchanged')
    return follower
  } catch (error) {
    await follower.stop()
    throw error
  }
}

/** Lets a follower come and go, so that the next one begins as most do: with a run that sees what the last one saw. */
export async function letOneFollow(args: string[]): Promise<void> {
  const follower = await startFollower(args)
  await follower.stop()
}

async function start(args: string[]): Promise<Follower> {
  const following = [...args, '--json', '--follow', '15m', '--min-reload-interval', '0']
  const { child, done } = startProgram(following, { timeout: 20 * 60_000 })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  await once(child, 'spawn')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    pid: child.pid ?? 0,
    async run(outcome) {
      const line = await lines.next()
      if (line.done) throw new Error(`it ended: ${(await done).stderr}`)
      const facts: Facts = JSON.parse(line.value)
      if (facts.outcome !== outcome) throw new Error(`${facts.outcome}, not ${outcome}: ${facts.error}`)
      return facts
    },
    async stop() {
      child.kill('SIGTERM')
      await done
      process.off('exit', kill)
    },
  }
}
