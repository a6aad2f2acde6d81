import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import {
  isIntact,
  isMapName,
  loadable,
  type MapFile,
  type MapKind,
  mapNamesIn,
  mapPath,
  mapsLine,
} from '../../src/render/maps.js'
import { sha256, stamp } from '../../src/render/marker.js'

const live = '/etc/haproxy/haproxy.cfg'
const kinds: MapKind[] = ['hosts', 'paths', 'apps']
const nameOf = (kind: string): string => `haproxy.cfg-${kind}-0123456789ab.map`
const name = nameOf('hosts')
const names = kinds.map(nameOf)
const mapsOf = (named: string[]): MapFile[] => named.map((one) => ({ path: `/etc/haproxy/${one}`, text: '' }))
const textOf = (named: string[]): string => `frontend http\n  mode http\n${mapsLine(mapsOf(named))}`

describe('a map', () => {
  it('stands beside the live file, named by its kind and content', () => {
    for (const kind of kinds) {
      const text = `a.test ${kind}_0\n`
      assert.equal(mapPath(live, kind, text), `${live}-${kind}-${sha256(text).slice(0, 12)}.map`)
    }
    assert.notEqual(mapPath(live, 'hosts', 'a'), mapPath(live, 'hosts', 'b'))
  })

  it('belongs to one live file', () => {
    for (const own of names) assert.ok(isMapName(own, live), own)
    const others = ['my-haproxy.cfg', 'haproxy.cfg2', 'haproxy', 'haproxy.cfg-hosts-', 'haproxy.cfg-hosts']
    for (const other of others) assert.ok(!isMapName(name, `/etc/haproxy/${other}`), other)
    const strangers = [
      'haproxy.cfg-hosts-0123456789ab.map.old',
      'haproxy.cfg-hosts-0123456789ABC.map',
      'haproxy.cfg-paths-0123456789abc.map',
      'haproxy.cfg-users-0123456789ab.map',
      'haproxy.cfg-0123456789ab.map',
      'haproxy.cfx-hosts-0123456789ab.map',
      `x${name}`,
    ]
    for (const stranger of [...strangers, 'haproxy.cfg-hosts-.map', 'haproxy.cfg', ''])
      assert.ok(!isMapName(stranger, live), stranger)
  })

  it('is found by the line with which a text ends', () => {
    assert.equal(mapsLine(mapsOf(names)), `# haproxy-updater maps: ${names.join('/')}\n`)
    assert.equal(mapsLine([]), '')
    for (const own of names) assert.deepEqual(mapNamesIn(textOf([own]), live), [own])
    assert.deepEqual(mapNamesIn(textOf(names), live), names)
    assert.deepEqual(mapNamesIn('global\n', live), [])
    assert.deepEqual(mapNamesIn(textOf(names), '/etc/haproxy/other.cfg'), [])
    assert.deepEqual(mapNamesIn(textOf(names).replaceAll('.map', ''), live), [])
  })

  it('is not found by anything else in a text, such as a health check of an app with the path of a map', () => {
    const line = mapsLine(mapsOf(names)).trim()
    for (const written of [`GET ${live}-hosts-0123456789ab.map`, line, `GET /${line}`]) {
      const check = `backend app_0\n  option httpchk ${written}\n`
      assert.deepEqual(mapNamesIn(check, live), [], written)
      assert.deepEqual(mapNamesIn(check + textOf([name]), live), [name], written)
    }
  })

  it('is found by the last such line only, and only beside its live file', () => {
    assert.deepEqual(mapNamesIn(`${mapsLine(mapsOf(names))}${textOf([name])}`, live), [name])
    const strangers = ['../state.json', 'haproxy.cfg', '', `${name}.old`]
    assert.deepEqual(mapNamesIn(textOf([name]).trimEnd() + strangers.map((one) => `/${one}`).join(''), live), [name])
  })

  it('of a live file with a longer name is not that of a shorter one', () => {
    const other = `${live}-hosts-2`
    const path = mapPath(other, 'paths', 'a.test/b/ b_0\n')
    const text = mapsLine([{ path, text: '' }])
    assert.deepEqual(mapNamesIn(text, live), [])
    assert.deepEqual(mapNamesIn(text, other), [basename(path)])
  })
})

describe('a text that HAProxy can load', () => {
  it('has the maps that it names, beside its live file', () => {
    const text = textOf(names)
    const maps = names.map((own) => ({ path: `/etc/haproxy/${own}`, text: `${own} a_0\n` }))
    assert.deepEqual(
      loadable(text, live, (asked) => `${asked} a_0\n`),
      { text, marker: undefined, maps },
    )
    assert.equal(loadable(text, live, () => '').maps.length, 3, 'an empty map is a map')
  })

  it('has none where it names none or the map is missing, and keeps its marker', () => {
    const ours = stamp(textOf(names))
    const { maps, marker } = loadable(ours, live, (asked) => (asked === name ? 'a.test a_0\n' : undefined))
    assert.deepEqual(maps, [{ path: `/etc/haproxy/${name}`, text: 'a.test a_0\n' }])
    assert.match(marker ?? '', /^haproxy-updater sha256:/)
    assert.deepEqual(loadable('global\n', live, () => 'x').maps, [])
  })

  it('is intact only as it was rendered: text, maps, and the maps that the text names', () => {
    const maps = kinds.map((kind) => ({ path: mapPath(live, kind, `${kind} a_0\n`), text: `${kind} a_0\n` }))
    const whole = { text: stamp(`global\n${mapsLine(maps)}`), marker: undefined, maps }
    assert.ok(isIntact(whole, live))
    assert.ok(isIntact({ ...whole, maps: maps.toReversed() }, live))
    assert.ok(isIntact({ ...whole, text: stamp('global\n'), maps: [] }, live))
    assert.ok(!isIntact({ ...whole, text: `${whole.text}# edited\n` }, live))
    for (const map of maps) {
      const others = maps.filter((other) => other !== map)
      assert.ok(!isIntact({ ...whole, maps: others }, live), map.path)
      assert.ok(!isIntact({ ...whole, maps: [...others, { ...map, text: 'edited a_0\n' }] }, live), map.path)
    }
  })
})
