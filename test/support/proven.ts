import { startMarathon, type TestMarathon } from './marathon.js'
import { type Result, runProgram } from './program.js'
import { type RunningSite, startSite } from './running-site.js'
import type { FileState } from './site.js'

/** A site where all is well: its HAProxy runs what the program made of its Marathon's apps. */
export interface ProvenSite extends RunningSite {
  marathon: TestMarathon
  /** Runs the program with the site's options and `--verbose`, but tells it of no Marathon. */
  run(...more: string[]): Promise<Result>
  /** What must not change while no configuration is replaced: the live file with its map, and what HAProxy says of itself. */
  traffic(): Promise<{ files: Record<string, FileState>; worker: string[] }>
}

/** Starts Marathon and HAProxy on a new site, and has one run bring them together. */
export async function startProvenSite(apps: unknown[]): Promise<ProvenSite> {
  const [site, marathon] = [await startSite(), await startMarathon(apps)]
  const run = (...more: string[]): Promise<Result> => runProgram([...site.args, '--verbose', ...more])
  const end = async (): Promise<void> => {
    await Promise.all([site.end(), marathon.close()])
  }
  const first = await run('--marathon', marathon.url)
  if (!/HAProxy runs it/.test(first.stderr)) {
    await end()
    throw new Error(`the first run does not end well: ${first.stderr}`)
  }
  return {
    ...site,
    marathon,
    run,
    traffic: async () => ({
      files: Object.fromEntries(Object.entries(site.tree()).filter(([path]) => path.startsWith('etc/'))),
      worker: (await site.haproxy.ask(site.statsSocket, 'show info')).match(/^(Pid|description): .*$/gim) ?? [],
    }),
    end,
  }
}
