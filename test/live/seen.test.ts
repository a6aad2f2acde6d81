import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readLive } from '../../src/live/files.js'
import { type Ground, keepSeen, lastSeen, type Seen } from '../../src/live/seen.js'
import { readOptions } from '../../src/options.js'
import { mapPath } from '../../src/render/maps.js'
import { stamp } from '../../src/render/marker.js'
import type { Sources } from '../../src/render/template-loader.js'
import { makeFile, makeFolder } from '../support/folder.js'

const began = 1_700_000_000_000
const minutes = 60_000

/** A live file with a map, a folder of templates of which one is the operator's, and what a run saw there. */
function scene(t: TestContext, addresses: Record<string, string> = { 'one.test': '192.0.2.1' }) {
  const folder = makeFolder(t)
  const live = join(folder, 'haproxy.cfg')
  const map = { path: mapPath(live, 'hosts', 'a.test b\n'), text: 'a.test b\n' }
  const configuration = { text: stamp(`global\n# ${map.path}\n`), marker: '', maps: [map] }
  writeFileSync(live, configuration.text)
  writeFileSync(map.path, map.text)
  makeFile(folder, 'templates/head.njk', 'global')
  const ground = (more: object = {}): Ground => ({
    options: readOptions(
      { config: makeFile(folder, 'options.json', '{}'), templates: join(folder, 'templates'), ...more },
      {},
    ),
    live: readLive(live),
  })
  const seen: Seen = {
    at: began,
    reply: 'f'.repeat(64),
    addresses,
    account: { counts: { apps: 1, services: 1, servers: 2 }, leftOut: { unhealthy: 1 }, warnings: ['one'] },
  }
  const sources: Sources = new Map([
    ['head.njk', 'global'],
    ['maybe.njk', undefined],
    [join(folder, 'templates/own.njk'), undefined],
  ])
  const keep = (stateDir = folder) => keepSeen(stateDir, { seen, configuration }, sources, ground())
  keep()
  const last = (now = began + minutes, at = ground()) => lastSeen(folder, at, now)
  return { folder, live, map, configuration, seen, keep, ground, last, file: join(folder, 'seen.json') }
}

describe('what the last run saw', () => {
  it('is as it was kept, with the live configuration', (t) => {
    const { seen, configuration, last } = scene(t)
    const found = last()
    assert.deepEqual(found?.seen, seen)
    assert.equal(found.configuration.text, configuration.text)
    assert.deepEqual(found.configuration.maps, configuration.maps)
    assert.match(found.configuration.marker, /^haproxy-updater sha256:[0-9a-f]{64}$/)
  })

  it('is kept in a file for its owner alone', (t) => {
    const { file, keep } = scene(t)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.throws(() => keep('/proc/none'), { exit: 'cannot-write' })
  })

  it('counts for a quarter of an hour, and not when the clock was put back', (t) => {
    const { last } = scene(t)
    assert.ok(last(began))
    assert.ok(last(began + 15 * minutes - 1))
    assert.equal(last(began + 15 * minutes), undefined)
    assert.equal(last(began - 1), undefined)
  })

  const changes: Record<string, (at: ReturnType<typeof scene>) => unknown> = {
    'an option is another': ({ last, ground }) => last(undefined, ground({ group: ['external'] })),
    'the live file was edited': ({ live, configuration, last }) => {
      writeFileSync(live, `${configuration.text}# mine\n`)
      return last()
    },
    'the live file is gone': ({ live, last }) => {
      rmSync(live)
      return last()
    },
    'a map was edited': ({ map, last }) => {
      writeFileSync(map.path, 'a.test c\n')
      return last()
    },
    'a map is gone': ({ map, last }) => {
      rmSync(map.path)
      return last()
    },
    'a template was edited': ({ folder, last }) => {
      makeFile(folder, 'templates/head.njk', 'gl0bal')
      return last()
    },
    'a template is gone': ({ folder, last }) => {
      rmSync(join(folder, 'templates/head.njk'))
      return last()
    },
    'a template is there that was missing': ({ folder, last }) => {
      makeFile(folder, 'templates/maybe.njk')
      return last()
    },
    'a template with an absolute name is there': ({ folder, last }) => {
      makeFile(folder, 'templates/own.njk', 'x')
      return last()
    },
    'the file was edited': ({ file, last }) => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('192.0.2.1', '192.0.2.2'))
      return last()
    },
    'the file was cut off': ({ file, last }) => {
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -9))
      return last()
    },
    'the file is empty': ({ file, last }) => {
      writeFileSync(file, '')
      return last()
    },
    'the file is of another kind': ({ file, last }) => {
      const kinds = [
        [],
        { at: began, maps: [7], templates: [] },
        { at: began, maps: [], templates: [null] },
        { at: began, maps: '', templates: [] },
      ]
      for (const kind of kinds) {
        writeFileSync(file, JSON.stringify(kind))
        assert.equal(last(), undefined)
      }
    },
    'the folder of templates is none any more': ({ folder, seen, configuration, ground }) => {
      const templates = join(folder, 'others')
      makeFile(folder, 'others/none')
      keepSeen(folder, { seen, configuration }, new Map(), ground({ templates }))
      assert.ok(lastSeen(folder, ground({ templates }), began))
      rmSync(templates, { recursive: true })
      return lastSeen(folder, ground({ templates }), began)
    },
    'a template was edited after it was read': ({ folder, seen, configuration, ground }) => {
      keepSeen(folder, { seen, configuration }, new Map([['head.njk', 'before']]), ground())
      return lastSeen(folder, ground(), began)
    },
    'the file is gone': ({ file, last }) => {
      rmSync(file)
      return last()
    },
    'the file is no file': ({ file, folder, last }) => {
      rmSync(file)
      makeFile(folder, 'seen.json/x')
      return last()
    },
  }
  for (const [what, change] of Object.entries(changes))
    it(`does not count where ${what}`, (t) => assert.equal(change(scene(t)), undefined))

  it('counts where only a file is new that no template asks for', (t) => {
    const { folder, last } = scene(t)
    makeFile(folder, 'templates/README', 'x')
    assert.ok(last())
  })
})
