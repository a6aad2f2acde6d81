import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readLive } from '../../src/live/files.js'
import { keepOriginal, keepProven, lastProven, liveLoadable, provenText, sweepMaps } from '../../src/live/proven.js'
import { type Loadable, type MapKind, mapPath, mapsLine } from '../../src/render/maps.js'
import { markerIn, stamp } from '../../src/render/marker.js'
import { makeFile, makeFolder } from '../support/folder.js'

/** A place for a live file and for the state. */
function place(t: TestContext): { live: string; stateDir: string } {
  const folder = makeFolder(t)
  makeFile(folder, 'state/success')
  makeFile(folder, 'etc/other.txt')
  return { live: join(folder, 'etc/haproxy.cfg'), stateDir: join(folder, 'state') }
}

/** A configuration of ours for this live file, with maps of these kinds that hold these words. */
function configuration(live: string, words = '', kinds: MapKind[] = ['hosts', 'paths', 'apps']) {
  const maps = kinds.map((kind) => ({ path: mapPath(live, kind, words), text: words }))
  const text = stamp(`global\n# ${words}\n${mapsLine(maps)}`)
  return { text, marker: markerIn(text) ?? '', maps }
}

/** A live file that is not there. */
const missing = (path: string) => ({ path, text: undefined, attributes: undefined })

const modeOf = (path: string): number => statSync(path).mode & 0o7777

describe('the last proven configuration', () => {
  it('is none at first', (t) => {
    const { live, stateDir } = place(t)
    assert.deepEqual([provenText(stateDir), lastProven(stateDir, missing(live))], [undefined, undefined])
  })

  it('is what was kept last, with its maps, for the owner alone', (t) => {
    const { live, stateDir } = place(t)
    for (const kinds of [['hosts'], [], ['hosts', 'paths', 'apps']] satisfies MapKind[][]) {
      const proven = configuration(live, kinds.join(), kinds)
      keepProven(stateDir, proven)
      assert.deepEqual(lastProven(stateDir, missing(live)), proven)
      assert.equal(provenText(stateDir), proven.text)
    }
    const kept = readdirSync(stateDir).filter((name) => name !== 'success')
    assert.equal(kept.length, 5)
    assert.ok(
      kept.every((name) => modeOf(join(stateDir, name)) === 0o600),
      kept.join(),
    )
  })

  it('is else what was live before the run', (t) => {
    const { live, stateDir } = place(t)
    const before = configuration(live, 'before', [])
    assert.deepEqual(lastProven(stateDir, { ...missing(live), text: before.text }), before)
  })

  it('is else the file that was live before this program came', (t) => {
    const { live, stateDir } = place(t)
    makeFile(join(live, '..'), 'haproxy.cfg', 'global\n  # by hand\n')
    keepOriginal(stateDir, readLive(live))
    const original = { text: 'global\n  # by hand\n', marker: undefined, maps: [] }
    assert.deepEqual(lastProven(stateDir, missing(live)), original)
    keepProven(stateDir, configuration(live))
    assert.deepEqual(lastProven(stateDir, missing(live)), configuration(live))
  })
})

describe('the live configuration', () => {
  it('has the maps that are beside it; without a live file it is none', (t) => {
    const { live } = place(t)
    assert.equal(liveLoadable(readLive(live)), undefined)
    const { text, marker, maps } = configuration(live, 'one')
    makeFile(join(live, '..'), 'haproxy.cfg', text)
    for (const [at, map] of maps.entries()) {
      assert.deepEqual(liveLoadable(readLive(live)), { text, marker, maps: maps.slice(0, at) })
      makeFile(join(live, '..'), basename(map.path), map.text)
    }
    assert.deepEqual(liveLoadable(readLive(live)), { text, marker, maps })
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
  it('of any kind that neither the live nor the proven text names are swept, here and in the state directory', (t) => {
    const { live, stateDir } = place(t)
    const [proven, current, old] = ['proven', 'current', 'old'].map((words) => configuration(live, words)) as [
      Loadable,
      Loadable,
      Loadable,
    ]
    const namesOf = ({ maps }: Loadable): string[] => maps.map(({ path }) => basename(path))
    const strangers = [`my-${namesOf(proven)[0]}`, 'haproxy.cfg-hosts-mine.map', 'haproxy.cfg-other-0123456789ab.map']
    const folders = [join(live, '..'), stateDir]
    for (const folder of folders) {
      for (const name of [proven, current, old].flatMap(namesOf).concat(strangers)) makeFile(folder, name)
    }
    keepProven(stateDir, proven)
    sweepMaps(stateDir, live, current.text)
    const [beside, kept] = folders.map((folder) => readdirSync(folder).filter((name) => name.endsWith('.map')))
    assert.deepEqual(beside?.sort(), [...namesOf(proven), ...namesOf(current), ...strangers].sort())
    assert.deepEqual(kept?.sort(), [...namesOf(proven), ...strangers].sort())
  })

  it('of one kind are kept where only that one is named', (t) => {
    const { live, stateDir } = place(t)
    for (const { path, text } of configuration(live, 'one').maps) makeFile(join(live, '..'), basename(path), text)
    const { text, maps } = configuration(live, 'one', ['paths'])
    sweepMaps(stateDir, live, text)
    const left = readdirSync(join(live, '..')).filter((name) => name.endsWith('.map'))
    assert.deepEqual(
      left,
      maps.map(({ path }) => basename(path)),
    )
  })

  it('are swept however much an app makes the text look as if it named them', (t) => {
    const { live, stateDir } = place(t)
    const [old, current] = [configuration(live, 'old'), configuration(live, 'current')]
    for (const { path, text } of [...old.maps, ...current.maps]) makeFile(join(live, '..'), basename(path), text)
    const checks = old.maps.map(({ path }) => `  option httpchk GET ${path}\n`).join('')
    const text = stamp(`backend app_0\n${checks}${mapsLine(current.maps)}`)
    assert.deepEqual(
      lastProven(stateDir, { ...missing(live), text })?.maps.map(({ path }) => path),
      current.maps.map(({ path }) => path),
    )
    sweepMaps(stateDir, live, text)
    const left = readdirSync(join(live, '..')).filter((name) => name.endsWith('.map'))
    assert.deepEqual(left.sort(), current.maps.map(({ path }) => basename(path)).sort())
  })
})
