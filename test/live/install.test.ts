import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readLive } from '../../src/live/files.js'
import { install, needsWriting } from '../../src/live/install.js'
import { makeFile, makeFolder } from '../support/folder.js'

const place = (t: TestContext) => {
  const folder = makeFolder(t)
  const map = { path: join(folder, 'haproxy.cfg-hosts-0123456789ab.map'), text: 'a.test a_0\n' }
  return { folder, live: join(folder, 'haproxy.cfg'), map, configuration: { text: 'new\n', marker: 'm', map } }
}

describe('a configuration', () => {
  it('is to be written where the live file or its map is missing or differs', (t) => {
    const { folder, live, map, configuration } = place(t)
    const needed = (given = configuration as Parameters<typeof needsWriting>[0]) => needsWriting(given, readLive(live))
    assert.ok(needed(), 'nothing is there')
    makeFile(folder, 'haproxy.cfg', 'new\n')
    assert.ok(needed(), 'the map is missing')
    assert.ok(!needed({ ...configuration, map: undefined }))
    makeFile(folder, 'haproxy.cfg-hosts-0123456789ab.map', 'a.test')
    assert.ok(needed(), 'the map is cut off')
    makeFile(folder, 'haproxy.cfg-hosts-0123456789ab.map', map.text)
    assert.ok(!needed())
    makeFile(folder, 'haproxy.cfg', 'new')
    assert.ok(needed(), 'the text differs')
  })

  it('is put in place with its map, both as the live file was', (t) => {
    const { folder, live, map, configuration } = place(t)
    makeFile(folder, 'haproxy.cfg', 'old', 0o640)
    install(configuration, readLive(live))
    assert.ok(!needsWriting(configuration, readLive(live)))
    for (const path of [live, map.path]) assert.equal(statSync(path).mode & 0o7777, 0o640)
  })

  it('is never live without its map', (t) => {
    const { folder, live, map, configuration } = place(t)
    makeFile(folder, 'haproxy.cfg', 'old')
    makeFile(map.path, 'in-the-way')
    assert.throws(() => install(configuration, readLive(live)), { exit: 'cannot-write' })
    assert.equal(readFileSync(live, 'utf8'), 'old')
  })

  it('leaves its map behind where the text cannot follow', (t) => {
    const { live, map, configuration } = place(t)
    makeFile(live, 'in-the-way')
    const nothing = { path: live, text: undefined, attributes: undefined }
    assert.throws(() => install(configuration, nothing), { exit: 'cannot-write' })
    assert.ok(existsSync(map.path))
  })
})
