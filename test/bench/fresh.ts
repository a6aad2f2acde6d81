import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * What an exported function of a module gives in a process of its own, by way of JSON: V8 has optimised nothing there, and its heap is
 * empty. GC has one thread there, since others count as CPU even where they only wait. Rejects where the function does.
 */
export async function inFreshProcess<Given extends unknown[], Result>(
  module: string,
  { name }: (...given: Given) => Promise<Result>,
  ...given: Given
): Promise<Result> {
  const call = `
    const { ${name} } = await import(${JSON.stringify(module)})
    process.stdout.write(JSON.stringify(await ${name}(...${JSON.stringify(given)})))`
  const args = ['--import', 'tsx', '--expose-gc', '--single-threaded-gc', '--input-type=module', '--eval', call]
  const running = promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  process.once('exit', () => running.child.kill('SIGKILL'))
  const { stdout } = await running
  return JSON.parse(stdout) as Result
}
