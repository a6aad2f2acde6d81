import { type Bind, bindsIn, serversIn, statsSocketsIn } from './haproxy/config-text.js'
import type { Running } from './haproxy/running.js'
import type { LiveFile } from './live/files.js'
import type { Memory, Quarantine } from './live/state.js'
import { resolveHosts } from './marathon/addresses.js'
import type { Rules } from './marathon/services.js'
import type { Options } from './options.js'
import { recentOf } from './quarantine.js'
import { markerIn } from './render/marker.js'

/** What is known of this host: the live file's real path, its servers, the addresses of agents, and the binds that HAProxy holds. */
export interface Surroundings {
  live: string
  isLive: Rules['isLive']
  /** The address of each of these hosts that has one. */
  resolveHosts: (hosts: Set<string>) => Promise<ReadonlyMap<string, string>>
  /** Services that HAProxy rejected not long ago, by backend. */
  quarantine: Quarantine
  /** undefined: listeners are not tried. */
  held: Bind[] | undefined
}

/** The socket of the new configuration, and those of the live one, should the operator have moved it. */
export function* socketsToAsk({ reload, statsSocket }: Options, live: LiveFile): Generator<string> {
  if (reload === 'none' || statsSocket === undefined) return
  yield statsSocket
  yield* statsSocketsIn(live.text ?? '').filter((path) => path !== statsSocket && path.startsWith('/'))
}

/** What this host knows before a run begins: the live file, the addresses remembered, and what the running HAProxy holds. */
export function surroundingsOf({ options, live, running, memory, proven, patient, started }: Known): Surroundings {
  const tried = options.portCheck && options.reload !== 'none'
  return {
    live: live.path,
    isLive: liveServers(live.text ?? ''),
    resolveHosts: resolver(memory.state.addresses, { started, options }),
    quarantine: patient ? recentOf(memory.state.quarantine, started) : {},
    held: tried ? heldBinds(running, live, proven) : undefined,
  }
}

interface Known {
  options: Options
  live: LiveFile
  running: Running
  memory: Memory
  /** The text of the last proven configuration, empty where there is none. */
  proven: string
  /** Whether what failed not long ago is left alone for a while. */
  patient: boolean
  /** In ms since 1970. */
  started: number
}

const resolveLimit = 5000

/** Looks hosts up as long as a run may. `seen`: the addresses that the last run used. */
export const resolver =
  (seen: Readonly<Record<string, string>>, run: { started: number; options: Options }): Surroundings['resolveHosts'] =>
  (hosts) =>
    resolveHosts(hosts, seen, Math.min(resolveLimit, timeLeft(run)))

/** The ms that a run has left before its deadline: a second at least, and never more than --timeout. `started` is in ms since 1970. */
export function timeLeft({ started, options }: { started: number; options: Options }): number {
  return Math.min(options.timeout, Math.max(1000, started + options.timeout - Date.now()))
}

/** The live file is the memory of which servers had traffic; it is only searched where the health of a task is unknown. */
export function liveServers(text: string): (backend: string, server: string) => boolean {
  let servers: Set<string> | undefined
  return (backend, server) => {
    servers ??= new Set(serversIn(text).map(({ section, name }) => `${section} ${name}`))
    return servers.has(`${backend} ${server}`)
  }
}

/**
 * The binds that HAProxy holds: those of the text whose marker it shows, or of a live file that is not ours where it shows none. Where
 * it does not answer it may serve all the same, so whatever it may hold counts as held. Where what it runs is not at hand, nothing
 * can be told from a try (undefined).
 */
function heldBinds(running: Running, live: LiveFile, proven: string): Bind[] | undefined {
  const texts = [live.text ?? '', proven]
  if (running.state !== 'answers') return texts.flatMap(bindsIn)
  const matching = texts.filter((text) => markerIn(text) === running.marker)
  return running.marker && matching.length === 0 ? undefined : matching.flatMap(bindsIn)
}
