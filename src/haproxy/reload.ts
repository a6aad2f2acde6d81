import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { elapsed } from '../clock.js'
import { UpdaterError } from '../errors.js'
import { type Ended, runCommand } from './command.js'
import { ask } from './socket.js'

/** A way to make HAProxy reload, found out and checked before the live file is touched. */
export type ReloadWay =
  | { by: 'master'; socket: string }
  | { by: 'command'; program: string; args: string[]; shown: string }

/** What a reload said of itself. It proves nothing when it is well, but a failure that is admitted need not be waited for. */
export type ReloadSaid = { failed: false } | { failed: true; reason: string }

const debianMaster = '/run/haproxy-master.sock'
const askLimit = 2000
const refusalLimit = 1000

/**
 * The way that `--reload` names. Throws `usage` where `auto` finds none, `command-failed` where what it needs is not there; that the
 * master is missing is no fault of the way where HAProxy is not `up` at all.
 */
export async function findReloadWay(how: string, up: boolean): Promise<ReloadWay> {
  if (how === 'auto') return findAutomaticWay()
  if (how === 'systemd') return systemd()
  if (!how.startsWith('master:')) return { by: 'command', program: '/bin/sh', args: ['-c', how], shown: how }
  const socket = how.slice('master:'.length)
  if (socket === '') throw new UpdaterError('usage', '--reload master: names no socket; give master:SOCKET')
  if (!up || (await masterAnswers(socket))) return { by: 'master', socket }
  throw new UpdaterError(
    'command-failed',
    `HAProxy runs, but no master answers at ${socket}; start HAProxy with -W -S ${socket}, or give another --reload`,
  )
}

async function findAutomaticWay(): Promise<ReloadWay> {
  if (await masterAnswers(debianMaster)) return { by: 'master', socket: debianMaster }
  if (existsSync('/run/systemd/system')) return systemd()
  throw new UpdaterError(
    'usage',
    `cannot tell how HAProxy is reloaded here: no master answers at ${debianMaster} and systemd does not run; give --reload`,
  )
}

function systemd(): ReloadWay {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/bin']
  const program = folders.map((folder) => join(folder, 'systemctl')).find(existsSync)
  if (!program) throw new UpdaterError('command-failed', 'systemctl is not in PATH; give another --reload')
  return { by: 'command', program, args: ['reload', 'haproxy'], shown: 'systemctl reload haproxy' }
}

/** Whether HAProxy's master answers on this socket. */
export const masterAnswers = async (socket: string): Promise<boolean> =>
  (await askMaster(socket, 'show version', askLimit)) !== undefined

/** A master that is just re-executing refuses for a moment; one without a socket is not there. */
async function askMaster(socket: string, command: string, limit: number): Promise<string | undefined> {
  const patience = elapsed() + refusalLimit
  while (existsSync(socket)) {
    const answer = await ask(socket, command, limit)
    if (answer.how === 'answered') return answer.text
    if (answer.how !== 'absent' || elapsed() > patience) break
    await sleep(50)
  }
  return undefined
}

/** Reloads HAProxy once, at most `limit` ms; a command's words go to the file `log`. */
export async function reload(way: ReloadWay, limit: number, log: string): Promise<ReloadSaid> {
  return way.by === 'master'
    ? reloadByMaster(way.socket, limit)
    : judge(await runCommand(way.program, way.args, limit, log), way.shown)
}

/** HAProxy 2.7 and later answer Success=0 or 1; 2.6 and earlier answer nothing, whatever happened. */
async function reloadByMaster(socket: string, limit: number): Promise<ReloadSaid> {
  const answer = await askMaster(socket, 'reload', limit)
  if (answer === undefined) return { failed: true, reason: `HAProxy's master at ${socket} did not take the reload` }
  const refused = /^Success=0/m.test(answer)
  return refused
    ? { failed: true, reason: `HAProxy's master refused the reload: ${lastLine(answer)}` }
    : { failed: false }
}

/** Whether the master counts a failed reload since the last good one, as it does from HAProxy 2.6 at the latest. */
export async function masterFailed(way: ReloadWay): Promise<boolean> {
  if (way.by !== 'master') return false
  return /\[failed: [1-9]/.test((await askMaster(way.socket, 'show proc', askLimit)) ?? '')
}

function judge(ended: Ended, shown: string): ReloadSaid {
  if (ended.how === 'not-started') return { failed: true, reason: `"${shown}" cannot be started: ${ended.reason}` }
  if (ended.how === 'overran') return { failed: true, reason: `"${shown}" overran its time and was killed` }
  if (ended.status === 0) return { failed: false }
  const said = lastLine(ended.output)
  return { failed: true, reason: `"${shown}" ended with status ${ended.status}${said && `: ${said}`}` }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
