/*
 * A preload (`--import`) that kills its own process with SIGKILL just before the n-th step that others can see: a file changed, a
 * program started, a connection opened; a write or a copy is begun and cut in the middle. KILL_AT is n; with KILL_SINCE the count
 * begins at the first step whose description has that in it. The description of the fatal step goes to standard error. A sync is no
 * step: without it only a power cut finds a difference.
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
/** What a step does by means of another is no step of its own. */
let within = false

const always = () => true
const forWriting = (_path, flags = 'r') =>
  typeof flags === 'number' ? flags & (O_WRONLY | O_RDWR) : /[wa+]/.test(flags)
const { readFileSync, writeFileSync } = fs
const half = (content) => content.slice(0, content.length / 2)

const changing = ['renameSync', 'rmSync', 'unlinkSync', 'mkdirSync', 'mkdtempSync']
const marking = ['fchmodSync', 'fchownSync', 'futimesSync', 'chmodSync', 'utimesSync']
for (const name of [...changing, ...marking]) patch(fs, name)
patch(fs, 'openSync', forWriting)
patch(fs, 'writeFileSync', always, (file, content, options) => writeFileSync(file, half(content), options))
patch(fs, 'copyFileSync', always, (from, to) => writeFileSync(to, half(readFileSync(from))))
patch(childProcess, 'spawn')
patch(childProcess, 'spawnSync')
patch(net.Socket.prototype, 'connect')
syncBuiltinESMExports()

function patch(object, name, isStep = always, cut = undefined) {
  const original = object[name]
  object[name] = function (...args) {
    if (within) return original.apply(this, args)
    if (isStep(...args) && isFatal(`${name} ${args.map(pathIn).filter(Boolean).join(' ')}`)) {
      cut?.(...args)
      process.kill(process.pid, 'SIGKILL')
    }
    within = true
    try {
      return original.apply(this, args)
    } finally {
      within = false
    }
  }
}

/** A path or a program's name, the socket that a connection goes to, or nothing. */
function pathIn(arg) {
  const named = Array.isArray(arg) ? (arg[0]?.path ?? arg[0]) : arg
  return typeof named === 'string' && !named.includes('\n') ? named : ''
}

/** A poll repeats its connection as often as time asks for; it is one step, so that n means the same in every run. */
function isFatal(description) {
  const repeated = description === last && description.startsWith('connect')
  last = description
  counting ||= description.includes(KILL_SINCE)
  if (!counting || repeated) return false
  left--
  if (left === 0) fs.writeSync(2, `killed at ${description}\n`)
  return left === 0
}
