/*
 * A preload (`--import`) that kills its own process with SIGKILL just before the n-th step that others can see: a file changed, a
 * program started, a connection opened. KILL_AT is n; with KILL_SINCE the count begins at the first step whose description has that
 * in it. The description of the fatal step goes to standard error. A sync is no step: without it only a power cut finds a difference.
 */
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const { KILL_AT, KILL_SINCE = '' } = process.env
const { O_WRONLY, O_RDWR } = fs.constants
let left = Number(KILL_AT)
let counting = false
let last = ''

const changing = ['writeFileSync', 'renameSync', 'fchmodSync', 'fchownSync', 'futimesSync', 'mkdirSync', 'mkdtempSync']
patch(fs, 'openSync', (_path, flags = 'r') =>
  typeof flags === 'number' ? flags & (O_WRONLY | O_RDWR) : /[wa+]/.test(flags),
)
for (const name of [...changing, 'rmSync', 'unlinkSync', 'copyFileSync', 'chmodSync', 'utimesSync']) patch(fs, name)
patch(childProcess, 'spawn')
patch(childProcess, 'spawnSync')
patch(net.Socket.prototype, 'connect')
syncBuiltinESMExports()

function patch(object, name, isStep = () => true) {
  const original = object[name]
  object[name] = function (...args) {
    if (isStep(...args)) step(`${name} ${typeof args[0] === 'string' ? args[0] : JSON.stringify(args[0])}`)
    return original.apply(this, args)
  }
}

/** A poll repeats its connection as often as time asks for; it is one step, so that n means the same in every run. */
function step(description) {
  const repeated = description === last && description.startsWith('connect')
  last = description
  counting ||= description.includes(KILL_SINCE)
  if (!counting || repeated) return
  left--
  if (left > 0) return
  fs.writeSync(2, `killed before ${description}\n`)
  process.kill(process.pid, 'SIGKILL')
}
