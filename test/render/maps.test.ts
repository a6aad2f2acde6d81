import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isIntact, isMapName, loadable, mapNameIn, mapPath } from '../../src/render/maps.js'
import { sha256, stamp } from '../../src/render/marker.js'

const live = '/etc/haproxy/haproxy.cfg'
const name = 'haproxy.cfg-hosts-0123456789ab.map'
const text = `frontend http\n  use_backend %[req.hdr(host),map(/etc/haproxy/${name})]\n`

describe('a hosts map', () => {
  it('stands beside the live file, named by its content', () => {
    assert.equal(mapPath(live, '0123456789abcdef'.repeat(4)), `/etc/haproxy/${name}`)
    assert.notEqual(mapPath(live, sha256('a')), mapPath(live, sha256('b')))
  })

  it('belongs to one live file', () => {
    assert.ok(isMapName(name, live))
    const others = ['my-haproxy.cfg', 'haproxy.cfg2', 'haproxy', 'haproxy.cfg-hosts-']
    for (const other of others) assert.ok(!isMapName(name, `/etc/haproxy/${other}`), other)
    const strangers = [
      'haproxy.cfg-hosts-0123456789ab.map.old',
      'haproxy.cfg-hosts-0123456789ABC.map',
      'haproxy.cfx-hosts-0123456789ab.map',
      `x${name}`,
    ]
    for (const stranger of [...strangers, 'haproxy.cfg-hosts-.map', 'haproxy.cfg', ''])
      assert.ok(!isMapName(stranger, live))
  })

  it('is found by the name that a text gives it', () => {
    assert.equal(mapNameIn(text, live), name)
    assert.equal(mapNameIn('global\n', live), undefined)
    assert.equal(mapNameIn(text, '/etc/haproxy/other.cfg'), undefined)
    assert.equal(mapNameIn(text.replace('.map', ''), live), undefined)
  })

  it('is found behind a mention that is no name of a map', () => {
    assert.equal(mapNameIn(`# routes by ${live}-hosts-*.map\n${text}`, live), name)
  })
})

describe('a text that HAProxy can load', () => {
  it('has the map that it names, beside its live file', () => {
    const read = (asked: string) => (asked === name ? 'a.test a_0\n' : undefined)
    assert.deepEqual(loadable(text, live, read), {
      text,
      marker: undefined,
      map: { path: `/etc/haproxy/${name}`, text: 'a.test a_0\n' },
    })
    assert.equal(loadable(text, live, () => '').map?.text, '', 'an empty map is a map')
  })

  it('has none where it names none or the map is missing, and keeps its marker', () => {
    const ours = stamp(text)
    const { map, marker } = loadable(ours, live, () => undefined)
    assert.equal(map, undefined)
    assert.match(marker ?? '', /^haproxy-updater sha256:/)
    assert.equal(loadable('global\n', live, () => 'x').map, undefined)
  })

  it('is intact only as it was rendered: text, map, and the map that the text names', () => {
    const map = { path: mapPath(live, sha256('a.test a_0\n')), text: 'a.test a_0\n' }
    const whole = { text: stamp(`global\n  map ${map.path}\n`), marker: undefined, map }
    assert.ok(isIntact(whole, live))
    assert.ok(isIntact({ ...whole, text: stamp('global\n'), map: undefined }, live))
    assert.ok(!isIntact({ ...whole, text: `${whole.text}# edited\n` }, live))
    assert.ok(!isIntact({ ...whole, map: { ...map, text: 'a.test b_0\n' } }, live))
    assert.ok(!isIntact({ ...whole, map: undefined }, live))
  })
})
