import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readLive } from '../../src/live/files.js'
import { install, needsWriting } from '../../src/live/install.js'
import { makeFile, makeFolder } from '../support/folder.js'

const place = (t: TestContext) => {
  const folder = makeFolder(t)
  const texts = { hosts: 'a.test a_0\n', paths: 'a.test/b/ b_0\n', apps: '/a a_0\n' }
  const maps = Object.entries(texts).map(([kind, text]) => ({
    path: join(folder, `haproxy.cfg-${kind}-0123456789ab.map`),
    text,
  }))
  return { folder, live: join(folder, 'haproxy.cfg'), maps, configuration: { text: 'new\n', marker: 'm', maps } }
}

describe('a configuration', () => {
  it('is to be written where the live file or one of its maps is missing or differs', (t) => {
    const { folder, live, maps, configuration } = place(t)
    const needed = (given = configuration) => needsWriting(given, readLive(live))
    assert.ok(needed(), 'nothing is there')
    makeFile(folder, 'haproxy.cfg', 'new\n')
    assert.ok(needed(), 'the maps are missing')
    assert.ok(!needed({ ...configuration, maps: [] }))
    for (const { path, text } of maps) makeFile(folder, basename(path), text)
    assert.ok(!needed())
    for (const { path, text } of maps) {
      rmSync(path)
      assert.ok(needed(), `${path} is missing`)
      makeFile(folder, basename(path), text.slice(0, 6))
      assert.ok(needed(), `${path} is cut off`)
      makeFile(folder, basename(path), text)
      assert.ok(!needed())
    }
    makeFile(folder, 'haproxy.cfg', 'new')
    assert.ok(needed(), 'the text differs')
  })

  it('is put in place with its maps, all as the live file was', (t) => {
    const { folder, live, maps, configuration } = place(t)
    makeFile(folder, 'haproxy.cfg', 'old', 0o640)
    install(configuration, readLive(live))
    assert.ok(!needsWriting(configuration, readLive(live)))
    for (const path of [live, ...maps.map((map) => map.path)]) assert.equal(statSync(path).mode & 0o7777, 0o640)
  })

  it('is never live without one of its maps', (t) => {
    for (const at of [0, 1, 2]) {
      const { folder, live, maps, configuration } = place(t)
      makeFile(folder, 'haproxy.cfg', 'old')
      makeFile(maps[at]?.path ?? '', 'in-the-way')
      assert.throws(() => install(configuration, readLive(live)), { exit: 'cannot-write' })
      assert.equal(readFileSync(live, 'utf8'), 'old')
    }
  })

  it('leaves its maps behind where the text cannot follow', (t) => {
    const { live, maps, configuration } = place(t)
    makeFile(live, 'in-the-way')
    const nothing = { path: live, text: undefined, attributes: undefined }
    assert.throws(() => install(configuration, nothing), { exit: 'cannot-write' })
    assert.ok(maps.every(({ path }) => existsSync(path)))
  })
})
