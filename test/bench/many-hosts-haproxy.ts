import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mapNamesIn } from '../../src/render/maps.js'
import { ask } from '../support/ask.js'
import { makeFile } from '../support/folder.js'
import { startHaproxy } from '../support/haproxy.js'
import { freePort } from '../support/ports.js'
import { runProgram } from '../support/program.js'

/** A running HAProxy with one thread: the port on 127.0.0.1 that is asked, and the process that answers. */
export interface Balancer {
  port: number
  pid: number
}

/** How backends are found: by maps, as the packaged templates do it, by a list of rules, or not at all: there is one. */
export type Routing = 'maps' | 'rules' | 'none'

/** Starts, on this core, the server behind all: a HAProxy that answers everything with an empty 200. Gives its port. */
export async function startOrigin(folder: string, core: number): Promise<number> {
  const sockets = socketsIn(folder)
  const port = await freePort()
  const text = `${globalSection(sockets.statsSocket, core)}
defaults
  mode http
  timeout client 60s

frontend origin
  bind 127.0.0.1:${port}
  http-request return status 200
`
  await startHaproxy(makeFile(folder, 'haproxy.cfg', text), sockets)
  return port
}

/**
 * Starts, on this core, a HAProxy with what the program renders for these apps into this folder, which is made. All
 * templates but `global` are the packaged ones.
 */
export async function startBalancer(
  folder: string,
  core: number,
  apps: unknown[],
  routing: Routing,
): Promise<Balancer> {
  const sockets = socketsIn(folder)
  const port = await freePort()
  const live = join(folder, 'haproxy.cfg')
  makeFile(folder, 'templates/global.cfg.njk', globalSection('{{ statsSocket }}', core))
  const args = [
    ['render', '--output', folder, '--haproxy-config', live],
    ['--from', makeFile(folder, 'reply.json', JSON.stringify({ apps }))],
    ['--templates', join(folder, 'templates')],
    ['--bind', '127.0.0.1', '--http-port', String(port), '--stats-port', 'off', '--stats-socket', sockets.statsSocket],
  ].flat()
  const { status, stderr } = await runProgram(args)
  if (status !== 0 || stderr !== '') throw new Error(`render ends with status ${status}: ${stderr}`)
  if (routing !== 'maps') writeFileSync(live, withoutMaps(readFileSync(live, 'utf8'), live, routing))
  await startHaproxy(live, sockets)
  const info = await ask(sockets.statsSocket, 'show info')
  return { port, pid: Number(/^Pid: (\d+)$/m.exec(info)?.[1]) }
}

const socketsIn = (folder: string): { masterSocket: string; statsSocket: string } => {
  mkdirSync(folder)
  return { masterSocket: join(folder, 'master.sock'), statsSocket: join(folder, 'stats.sock') }
}

/** One thread, pinned. Requests are logged as in production, but into memory: nobody's syslog is to be flooded. */
const globalSection = (statsSocket: string, core: number): string => `global
  stats socket ${statsSocket} mode 600 level admin
  nbthread 1
  cpu-map 1/1 ${core}
  log ring@unread format rfc3164 local0

ring unread
  maxlen 1024
`

const lookup = / {2}http-request set-var\(txn\.route\)[\s\S]*? {2}use_backend %\[var\(txn\.route\)\].*\n/

/**
 * The same text with `acl` and `use_backend … if` for each line of its maps, paths first, as marathon-lb does it; or with the backend of
 * the first line for all that comes.
 */
function withoutMaps(text: string, live: string, routing: 'rules' | 'none'): string {
  if (!lookup.test(text)) throw new Error(`${live} looks up no map`)
  const maps = mapNamesIn(text, live).map((name) => readFileSync(join(dirname(live), name), 'utf8').trimEnd())
  // The map of hosts comes first.
  const lines = maps.toReversed().join('\n').split('\n')
  const one = `  default_backend ${lines[0]?.split(' ')[1]}\n`
  return text.replace(lookup, () => (routing === 'none' ? one : lines.map(ruleOf).join('')))
}

function ruleOf(line: string, n: number): string {
  const [, host, path, backend] = /^([^/ ]+)(?:(\/.*)\/)? (.*)$/.exec(line) ?? []
  const isHost = `  acl host_${n} hdr(host) -i ${host}\n`
  if (path === undefined) return `${isHost}  use_backend ${backend} if host_${n}\n`
  return `${isHost}  acl path_${n} path_beg ${path}\n  use_backend ${backend} if host_${n} path_${n}\n`
}
