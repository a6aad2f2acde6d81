import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readLive } from '../../src/live/files.js'
import { keepOriginal, keepProven, lastProven, liveLoadable, provenText, sweepMaps } from '../../src/live/proven.js'
import { mapPath } from '../../src/render/maps.js'
import { markerIn, sha256, stamp } from '../../src/render/marker.js'
import { makeFile, makeFolder } from '../support/folder.js'

/** A place for a live file and for the state. */
function place(t: TestContext): { live: string; stateDir: string } {
  const folder = makeFolder(t)
  makeFile(folder, 'state/success')
  makeFile(folder, 'etc/other.txt')
  return { live: join(folder, 'etc/haproxy.cfg'), stateDir: join(folder, 'state') }
}

/** A configuration of ours for this live file, with a map that holds these words, or none. */
function configuration(live: string, words?: string) {
  const map = words === undefined ? undefined : { path: mapPath(live, sha256(words)), text: words }
  const text = stamp(`global\n# ${words}\n${map ? `  map(${map.path})\n` : ''}`)
  return { text, marker: markerIn(text) ?? '', map }
}

/** A live file that is not there. */
const missing = (path: string) => ({ path, text: undefined, attributes: undefined })

const nameOf = (path = ''): string => path.slice(path.lastIndexOf('/') + 1)
const modeOf = (path: string): number => statSync(path).mode & 0o7777

describe('the last proven configuration', () => {
  it('is none at first', (t) => {
    const { live, stateDir } = place(t)
    assert.deepEqual([provenText(stateDir), lastProven(stateDir, missing(live))], [undefined, undefined])
  })

  it('is what was kept last, with its map, for the owner alone', (t) => {
    const { live, stateDir } = place(t)
    for (const words of ['one', undefined, 'two']) {
      const proven = configuration(live, words)
      keepProven(stateDir, proven)
      assert.deepEqual(lastProven(stateDir, missing(live)), proven)
      assert.equal(provenText(stateDir), proven.text)
    }
    const kept = readdirSync(stateDir).filter((name) => name !== 'success')
    assert.ok(kept.length >= 2 && kept.every((name) => modeOf(join(stateDir, name)) === 0o600), kept.join())
  })

  it('is else what was live before the run', (t) => {
    const { live, stateDir } = place(t)
    const before = configuration(live)
    assert.deepEqual(lastProven(stateDir, { ...missing(live), text: before.text }), before)
  })

  it('is else the file that was live before this program came', (t) => {
    const { live, stateDir } = place(t)
    makeFile(join(live, '..'), 'haproxy.cfg', 'global\n  # by hand\n')
    keepOriginal(stateDir, readLive(live))
    const original = { text: 'global\n  # by hand\n', marker: undefined, map: undefined }
    assert.deepEqual(lastProven(stateDir, missing(live)), original)
    keepProven(stateDir, configuration(live))
    assert.deepEqual(lastProven(stateDir, missing(live)), configuration(live))
  })
})

describe('the live configuration', () => {
  it('has the map beside it; without a live file it is none', (t) => {
    const { live } = place(t)
    assert.equal(liveLoadable(readLive(live)), undefined)
    const { text, marker, map } = configuration(live, 'one')
    makeFile(join(live, '..'), 'haproxy.cfg', text)
    assert.deepEqual(liveLoadable(readLive(live)), { text, marker, map: undefined })
    makeFile(join(live, '..'), nameOf(map?.path), map?.text)
    assert.deepEqual(liveLoadable(readLive(live)), { text, marker, map })
  })
})

describe('a live file that is not ours', () => {
  it('is kept once, byte for byte, and its path is given', (t) => {
    const { live, stateDir } = place(t)
    const kept = join(stateDir, 'original.cfg')
    assert.equal(keepOriginal(stateDir, readLive(live)), undefined, 'there is none')
    makeFile(join(live, '..'), 'haproxy.cfg', configuration(live).text)
    assert.equal(keepOriginal(stateDir, readLive(live)), undefined, 'it is ours')
    const bytes = Buffer.from([0x23, 0xe9, 0x0a])
    writeFileSync(live, bytes)
    assert.equal(keepOriginal(stateDir, readLive(live)), kept)
    makeFile(join(live, '..'), 'haproxy.cfg', 'another')
    assert.equal(keepOriginal(stateDir, readLive(live)), undefined)
    assert.deepEqual(readFileSync(kept), bytes)
    assert.equal(modeOf(kept), 0o600)
  })
})

describe('maps', () => {
  it('that neither the live nor the proven text names are swept, here and in the state directory', (t) => {
    const { live, stateDir } = place(t)
    const [proven, current, old] = ['proven', 'current', 'old'].map((words) => configuration(live, words))
    const names = [proven, current, old].map((one) => nameOf(one?.map?.path))
    for (const folder of [join(live, '..'), stateDir]) {
      for (const name of [...names, `my-${names[0]}`, 'haproxy.cfg-hosts-mine.map']) makeFile(folder, name)
    }
    if (proven) keepProven(stateDir, proven)
    sweepMaps(stateDir, live, current?.text ?? '')
    const maps = (folder: string) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.map'))
        .sort()
    const strangers = [`my-${names[0]}`, 'haproxy.cfg-hosts-mine.map']
    assert.deepEqual(maps(join(live, '..')), [...names.slice(0, 2), ...strangers].sort())
    assert.deepEqual(maps(stateDir), [...names.slice(0, 1), ...strangers].sort())
  })
})
