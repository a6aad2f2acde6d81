import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import {
  makeFolder as makeFolderOf,
  readIfThere,
  readLive,
  replaceFile,
  sweep,
  sweepTemps,
} from '../../src/live/files.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { withoutRights } from '../support/rights.js'

const isRoot = process.geteuid?.() === 0
/** An owner that is not the one who runs the tests, where files may be given away at all. */
const other = isRoot ? { uid: 65534, gid: 65534 } : { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }

const attributesOf = (path: string) => {
  const { mode, uid, gid } = statSync(path)
  return { mode: mode & 0o7777, uid, gid }
}

describe('the live file', () => {
  it('is read with its owner and mode', (t) => {
    const path = makeFile(makeFolder(t), 'haproxy.cfg', 'global\n', 0o640)
    chownSync(path, other.uid, other.gid)
    assert.deepEqual(readLive(path), { path, text: 'global\n', attributes: { mode: 0o640, ...other } })
  })

  it('that is not there has its path only', (t) => {
    const path = join(makeFolder(t), 'haproxy.cfg')
    assert.deepEqual(readLive(path), { path, text: undefined, attributes: undefined })
    assert.equal(readLive(join(path, 'below/haproxy.cfg')).text, undefined)
  })

  it('is the one behind links, there or not', (t) => {
    const folder = makeFolder(t)
    const path = makeFile(folder, 'real/haproxy.cfg', 'global\n')
    symlinkSync('real', join(folder, 'folder'))
    symlinkSync(join(folder, 'folder/haproxy.cfg'), join(folder, 'first'))
    symlinkSync('first', join(folder, 'second'))
    symlinkSync('real/new.cfg', join(folder, 'dangling'))
    assert.equal(readLive(join(folder, 'second')).path, path)
    assert.equal(readLive(join(folder, 'folder/new.cfg')).path, join(folder, 'real/new.cfg'))
    assert.equal(readLive(join(folder, 'dangling')).path, join(folder, 'real/new.cfg'))
  })

  it('that cannot be read is a failure', async (t) => {
    const folder = makeFolder(t)
    assert.throws(() => readLive(folder), { exit: 'cannot-write', message: /^the live file .* cannot be read: EISDIR/ })
    execFileSync('mkfifo', [join(folder, 'pipe')])
    assert.throws(() => readLive(join(folder, 'pipe')), { exit: 'cannot-write', message: /it is a pipe$/ })
    symlinkSync('two', join(folder, 'one'))
    symlinkSync('one', join(folder, 'two'))
    assert.throws(() => readLive(join(folder, 'one')), { exit: 'cannot-write', message: /ELOOP/ })
    const path = makeFile(folder, 'haproxy.cfg', 'global\n', 0)
    chmodSync(folder, 0o755)
    await withoutRights(() => {
      assert.throws(() => readLive(path), {
        exit: 'cannot-write',
        message: new RegExp(`^the live file ${path} .*EACCES`),
      })
    })
    const inside = makeFile(folder, 'closed/haproxy.cfg')
    chmodSync(dirname(inside), 0)
    await withoutRights(() => assert.throws(() => readLive(inside), { exit: 'cannot-write', message: /EACCES/ }))
    chmodSync(dirname(inside), 0o700)
  })
})

describe('a file that may be missing', () => {
  it('is read, missing, or a failure', (t) => {
    const folder = makeFolder(t)
    assert.equal(readIfThere(makeFile(folder, 'a', 'text')), 'text')
    assert.equal(readIfThere(join(folder, 'b')), undefined)
    assert.throws(() => readIfThere(folder), {
      exit: 'cannot-write',
      message: new RegExp(`^cannot read ${folder}.*EISDIR`),
    })
  })
})

describe('replacing a file', () => {
  it('makes a new one for all to read, whatever the umask', (t) => {
    const path = join(makeFolder(t), 'haproxy.cfg')
    const umask = process.umask(0o077)
    t.after(() => process.umask(umask))
    replaceFile(path, 'é\n')
    assert.equal(readFileSync(path, 'utf8'), 'é\n')
    assert.equal(attributesOf(path).mode, 0o644)
  })

  it('keeps owner and mode', (t) => {
    const path = makeFile(makeFolder(t), 'haproxy.cfg', 'old')
    for (const mode of [0o600, 0o4750, 0o666]) {
      chownSync(path, other.uid, other.gid)
      chmodSync(path, mode)
      replaceFile(path, 'new', readLive(path).attributes)
      assert.deepEqual(attributesOf(path), { mode, ...other }, mode.toString(8))
    }
  })

  it('keeps the group in a folder that gives its own to new files', (t) => {
    const folder = makeFolder(t)
    const path = makeFile(folder, 'haproxy.cfg', 'old', 0o640)
    const before = attributesOf(path)
    chownSync(folder, -1, other.gid)
    chmodSync(folder, 0o2755)
    replaceFile(path, 'new', before)
    assert.deepEqual(attributesOf(path), before)
  })

  it('is one step: who has the old one open goes on reading it', (t) => {
    const path = makeFile(makeFolder(t), 'haproxy.cfg', 'old')
    const file = openSync(path, 'r')
    replaceFile(path, 'new')
    assert.equal(readFileSync(file, 'utf8'), 'old')
    closeSync(file)
    assert.equal(readFileSync(path, 'utf8'), 'new')
    assert.deepEqual(readdirSync(join(path, '..')), ['haproxy.cfg'])
  })

  it('that fails leaves everything as it was, and nothing beside it', async (t) => {
    const folder = makeFolder(t)
    const failure = (path: string, code: string) => ({
      exit: 'cannot-write',
      message: new RegExp(`^cannot write ${path}: ${code}`),
    })
    const nowhere = join(folder, 'nowhere/haproxy.cfg')
    assert.throws(() => replaceFile(nowhere, 'new'), failure(nowhere, 'ENOENT'))
    const full = join(folder, 'full')
    makeFile(full, 'file')
    assert.throws(() => replaceFile(full, 'new'), failure(full, 'E(ISDIR|NOTEMPTY|EXIST)'))
    const path = makeFile(folder, 'closed/haproxy.cfg', 'old', 0o666)
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'closed'), 0o555)
    await withoutRights(() => assert.throws(() => replaceFile(path, 'new'), failure(path, 'EACCES')))
    chmodSync(join(folder, 'closed'), 0o755)
    assert.equal(readFileSync(path, 'utf8'), 'old')
    assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), [
      'closed',
      'closed/haproxy.cfg',
      'full',
      'full/file',
    ])
  })

  it('that may not keep the owner fails', async (t) => {
    const folder = makeFolder(t)
    const path = makeFile(folder, 'haproxy.cfg', 'old')
    chmodSync(folder, 0o777)
    const attributes = { mode: 0o644, uid: 1, gid: 1 }
    await withoutRights(() => assert.throws(() => replaceFile(path, 'new', attributes), { exit: 'cannot-write' }))
    assert.deepEqual([readFileSync(path, 'utf8'), readdirSync(folder)], ['old', ['haproxy.cfg']])
  })
})

describe('sweeping', () => {
  const age = (path: string, seconds = 5): void => {
    const then = Date.now() / 1000 - seconds
    utimesSync(path, then, then)
  }

  it('takes away the temporary files of the files it is meant for, and nothing else', (t) => {
    const folder = makeFolder(t)
    const temp = (name: string) => `.${name}.haproxy-updater-0123456789ab`
    for (const name of [temp('haproxy.cfg'), temp('other')]) age(makeFile(folder, name, 'half'))
    const kept = [
      '.haproxy.cfg.swp',
      temp('third'),
      temp('haproxy.cfg').replace('.', 'x'),
      '.haproxy-updater-',
      'haproxy.cfg',
      'target',
    ]
    for (const name of kept) age(makeFile(folder, name))
    symlinkSync('target', join(folder, '.haproxy.cfg.haproxy-updater-link'))
    const foreign = makeFile(folder, '.haproxy.cfg.haproxy-updater-foreign')
    chownSync(foreign, other.uid, other.gid)
    age(foreign)
    sweepTemps(folder, (name) => name === 'haproxy.cfg' || name === 'other')
    const left = [...kept, '.haproxy.cfg.haproxy-updater-link', ...(isRoot ? [basename(foreign)] : [])]
    assert.deepEqual(readdirSync(folder).sort(), left.sort())
  })

  it('goes by name and age, and takes whole folders', (t) => {
    const folder = makeFolder(t)
    for (const name of ['old-1', 'new-1', 'old-2']) makeFile(folder, `${name}/below/file`)
    for (const name of ['old-1', 'old-2']) age(join(folder, name), 3600)
    sweep(folder, (name) => /-1$/.test(name), 600_000)
    assert.deepEqual(readdirSync(folder).sort(), ['new-1', 'old-2'])
  })

  it('passes over a folder that is not there', (t) => {
    const folder = join(makeFolder(t), 'nowhere')
    sweep(folder, () => true)
    assert.equal(existsSync(folder), false)
  })
})

describe('a file below a file', () => {
  it('cannot be written, and that is what is said', (t) => {
    const path = join(makeFile(makeFolder(t), 'file'), 'below')
    assert.throws(() => replaceFile(path, 'x'), { exit: 'cannot-write', message: /ENOTDIR/ })
  })
})

describe('a folder', () => {
  it('is made with those that it lies in, and left alone where it is there', (t) => {
    const path = join(makeFolder(t), 'a/b')
    makeFolderOf(path, 0o700)
    makeFolderOf(path)
    assert.equal(statSync(path).mode & 0o777, 0o700)
  })

  it('that cannot be is a failure, and no endless search for one', () => {
    assert.throws(() => makeFolderOf('/proc/haproxy-updater'), { code: 'ENOENT' })
  })
})
