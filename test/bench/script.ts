import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A script in a process of its own: the line that it said at first, and the one that it answers each other line with, as JSON. */
interface Script {
  first: string
  ask<Answer>(line: string): Promise<Answer>
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '../..')

/** Starts a script of this folder, which ends when its input does, and so with this process. Rejects where it ends before it says a line. */
export async function startScript(name: string, ...args: string[]): Promise<Script> {
  const child = spawn(process.execPath, ['--import', 'tsx', `test/bench/${name}`, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended`)
    return value
  }
  return {
    first: await line(),
    ask: async (said) => {
      child.stdin.write(`${said}\n`)
      return JSON.parse(await line())
    },
    stop: async () => {
      child.stdin.end()
      await closed
    },
  }
}
