import { compose, type Draft } from './compose.js'
import { readLive } from './live/files.js'
import type { State } from './live/state.js'
import { askMarathon } from './marathon/source.js'
import type { Options } from './options.js'
import { liveServers, resolver } from './surroundings.js'

/** The rendered configuration as a run would write it; nothing is asked of HAProxy, and nothing written. */
export async function render(options: Options, live: string): Promise<Draft> {
  const { draft } = await draftOf(options, live, { quarantine: {}, addresses: {} })
  return draft
}

/** What Marathon answers and what a run would make of it, with what the last one `remembered`; nothing is asked of HAProxy. */
export async function draftOf(
  options: Options,
  live: string,
  remembered: Pick<State, 'quarantine' | 'addresses'>,
): Promise<{ from: string; draft: Draft }> {
  const file = readLive(options.haproxyConfig, true)
  const started = Date.now()
  const around = {
    live,
    isLive: liveServers(file.text ?? ''),
    resolveHosts: resolver(remembered.addresses, { started, options }),
    quarantine: remembered.quarantine,
    held: undefined,
  }
  const reply = await askMarathon(options)
  return { from: reply.from, draft: await compose(reply, options, around) }
}
