/*
 * A preload (`--import`) that kills its own process with SIGKILL just before the n-th step that others can see: a file changed, a program
 * started, a connection opened. KILL_AT is n. KILL_SINCE, if given, starts the count at the first step whose description has it in it.
 */
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const { KILL_AT, KILL_SINCE = '' } = process.env
let left = Number(KILL_AT)
let counting = false
let last = ''

/** A poll repeats its connection as often as time asks for; it is one step, so that n means the same in every run. */
function step(name, args) {
  const described = `${name} ${typeof args[0] === 'string' ? args[0] : JSON.stringify(args[0])}`
  const repeated = name === 'connect' && described === last
  last = described
  counting ||= described.includes(KILL_SINCE)
  if (!counting || repeated) return
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

function patch(object, name, isStep = () => true) {
  const original = object[name]
  object[name] = function (...args) {
    if (isStep(...args)) step(name, args)
    return original.apply(this, args)
  }
}

const { O_WRONLY, O_RDWR } = fs.constants
const isForWriting = (_path, flags = 'r') => (typeof flags === 'number' ? flags & (O_WRONLY | O_RDWR) : /[wa+]/.test(flags))

patch(fs, 'openSync', isForWriting)
const changing = ['writeFileSync', 'renameSync', 'fsyncSync', 'fchmodSync', 'fchownSync', 'futimesSync', 'mkdirSync']
for (const name of [...changing, 'mkdtempSync', 'rmSync', 'copyFileSync']) patch(fs, name)
patch(childProcess, 'spawn')
patch(childProcess, 'spawnSync')
patch(net.Socket.prototype, 'connect')
syncBuiltinESMExports()
