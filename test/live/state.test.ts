import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { lastState, lastSuccess, openMemory, type State, touchSuccess } from '../../src/live/state.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { withoutRights } from '../support/rights.js'
import { newState } from '../support/state.js'

const live = '/etc/haproxy/haproxy.cfg'
const fresh: State = newState(live)
const full: State = {
  live,
  phase: 'loaded',
  target: 'haproxy-updater sha256:1',
  rollback: { attempts: 2, at: 1000, exit: 'rolled-back' },
  gateSince: 2000,
  failing: { name: 'unavailable', since: 3000, told: 4000 },
  failures: { count: 7, since: 2500 },
  lastChange: 1500,
  quarantine: { web_0: { appId: '/web', portIndex: 0, hash: 'haproxy-updater sha256:2', reason: 'why', since: 5000 } },
  warnings: ['one', 'two'],
  addresses: { 'agent-1': '10.0.0.1' },
}

describe('the memory', () => {
  it('is not known to who only looks and may not read it', async (t) => {
    const folder = makeFolder(t)
    makeFile(folder, 'state.json', JSON.stringify(full), 0o600)
    chmodSync(folder, 0o755)
    assert.equal(openMemory(folder, live, true).isKnown, true)
    const { isKnown, state } = await withoutRights(() => openMemory(folder, live, true))
    assert.deepEqual([isKnown, state], [false, fresh])
  })

  it('is empty at first, and nothing is written until there is something to remember', (t) => {
    const folder = makeFolder(t)
    const memory = openMemory(folder, live, false)
    assert.deepEqual(memory.state, fresh)
    memory.save({ warnings: [], gateSince: undefined })
    assert.deepEqual(readdirSync(folder), [])
  })

  it('gives the next run what was saved, and forgets what was taken back', (t) => {
    const folder = makeFolder(t)
    const memory = openMemory(folder, live, false)
    memory.save(full)
    assert.deepEqual(memory.state, full)
    assert.deepEqual(openMemory(folder, live, false).state, full)
    memory.save({ rollback: undefined, failing: undefined, phase: 'applying' })
    const expected = { ...full, rollback: undefined, failing: undefined, phase: 'applying' }
    assert.deepEqual(openMemory(folder, live, false).state, expected)
  })

  it('is written only where something changed, for its owner alone', (t) => {
    const folder = makeFolder(t)
    openMemory(folder, live, false).save(full)
    const [name = ''] = readdirSync(folder)
    const before = statSync(join(folder, name))
    assert.equal(before.mode & 0o7777, 0o600)
    openMemory(folder, live, false).save({ warnings: ['one', 'two'], gateSince: 2000 })
    assert.equal(statSync(join(folder, name)).ino, before.ino)
    openMemory(folder, live, false).save({ warnings: ['one'] })
    assert.notEqual(statSync(join(folder, name)).ino, before.ino)
    assert.deepEqual(readdirSync(folder), [name])
  })

  it('that cannot be understood counts as a run that was cut short', (t) => {
    const corrupt: unknown[] = ['', '{', '\0\0\0\0', 'null', '[]', '5', '{}', JSON.stringify(full).slice(0, -5)]
    const odd = [
      { live: 5 },
      { phase: 'other' },
      { phase: undefined },
      { warnings: 'one' },
      { warnings: undefined },
      { quarantine: null },
      { quarantine: [] },
      { quarantine: { web_0: null } },
      { quarantine: { web_0: { hash: 'x', reason: 'y' } } },
      { addresses: null },
      { addresses: 'x' },
      { rollback: null },
      { rollback: { attempts: 1 } },
      { failing: { name: 'usage' } },
      { failures: 3 },
      { failures: null },
      { failures: { count: 3 } },
      { failures: { count: '3', since: 1 } },
      { lastChange: 'today' },
      { lastChange: null },
    ]
    const texts = [...corrupt, ...odd.map((change) => JSON.stringify({ ...full, ...change }))] as string[]
    for (const text of texts) {
      const folder = makeFolder(t)
      makeFile(folder, 'state.json', text)
      assert.deepEqual(openMemory(folder, live, false).state, { ...fresh, phase: 'applying' }, text)
    }
  })

  it('of an older version, which did not count failures, is taken as it is', (t) => {
    const folder = makeFolder(t)
    const { failures: _, lastChange: __, quarantine: ___, ...older } = full
    makeFile(folder, 'state.json', JSON.stringify(older))
    const expected = { ...full, failures: undefined, lastChange: undefined, quarantine: {} }
    assert.deepEqual(openMemory(folder, live, false).state, expected)
    assert.deepEqual(lastState(folder, live), expected)
  })

  it('belongs to one live file', (t) => {
    const folder = makeFolder(t)
    openMemory(folder, live, false).save(full)
    assert.throws(() => openMemory(folder, '/etc/other.cfg', false), {
      exit: 'usage',
      message: `${folder}/state.json belongs to ${live}, not to /etc/other.cfg; give each live file a --state-dir of its own`,
    })
  })

  it('of a dry run is read and never written; where it may not be read it is empty', async (t) => {
    const folder = makeFolder(t)
    openMemory(folder, live, false).save(full)
    const before = readFileSync(join(folder, 'state.json'), 'utf8')
    const left = makeFile(folder, '.state.json.haproxy-updater-0123456789ab')
    const memory = openMemory(folder, live, true)
    memory.save({ phase: 'applying' })
    assert.equal(memory.state.phase, 'applying')
    assert.equal(readFileSync(join(folder, 'state.json'), 'utf8'), before)
    assert.ok(existsSync(left))
    const state = await withoutRights(() => openMemory(folder, live, true).state)
    assert.deepEqual(state, process.geteuid?.() === 0 ? fresh : full)
    assert.deepEqual(openMemory(join(folder, 'nowhere'), live, true).state, fresh)
  })

  it('sweeps what a dead run left half written', (t) => {
    const folder = makeFolder(t)
    for (const name of ['.state.json', '.loaded.cfg'])
      utimesSync(makeFile(folder, `${name}.haproxy-updater-0123456789ab`), 0, 0)
    openMemory(folder, live, false)
    assert.deepEqual(readdirSync(folder), [])
  })
})

describe('the state that the last run left', () => {
  it('is what was saved', (t) => {
    const folder = makeFolder(t)
    openMemory(folder, live, false).save(full)
    assert.deepEqual(lastState(folder, live), full)
    assert.throws(() => lastState(folder, '/etc/other.cfg'), { exit: 'usage', message: /belongs to/ })
  })

  it('is none where no run left one, where it is damaged and where it may not be read', async (t) => {
    const folder = makeFolder(t)
    const path = join(folder, 'state.json')
    const none = { exit: 'no-input', message: `no run has left its state in ${path} yet` }
    assert.throws(() => lastState(folder, live), none)
    makeFile(folder, 'state.json', '{')
    assert.throws(() => lastState(folder, live), { exit: 'no-input', message: /state\.json is damaged/ })
    openMemory(folder, live, false).save(full)
    chmodSync(path, 0o000)
    await withoutRights(() => assert.throws(() => lastState(folder, live), { exit: 'cannot-write', message: /EACCES/ }))
  })
})

describe('the time of the last success', () => {
  it('is that of one file, each time anew', (t) => {
    const folder = makeFolder(t)
    const start = Date.now()
    touchSuccess(folder)
    const path = join(folder, 'success')
    utimesSync(path, 0, 0)
    touchSuccess(folder)
    assert.ok(statSync(path).mtimeMs >= start - 1000)
    assert.deepEqual([statSync(path).size, readdirSync(folder)], [0, ['success']])
    assert.equal(lastSuccess(folder), statSync(path).mtimeMs)
  })

  it('is not known where no run succeeded', (t) => {
    assert.equal(lastSuccess(makeFolder(t)), undefined)
  })
})
