import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { stage } from '../../src/live/staging.js'
import type { MapFile } from '../../src/render/maps.js'
import { makeFile, makeFolder } from '../support/folder.js'

const hosts = { path: '/etc/haproxy/haproxy.cfg-hosts-0123456789ab.map', text: 'a.test a_0\n' }
const paths = { path: '/etc/haproxy/haproxy.cfg-paths-0123456789ab.map', text: 'a.test/b/ b_0\n' }
const lookUps = [hosts, paths, hosts].map(({ path }) => `  use_backend %[x,map(${path})]\n`).join('')
const text = `global\n# /etc/haproxy/errors\n${lookUps}`
const plain = { text, marker: 'm', maps: [] }
const mapped = { ...plain, maps: [hosts, paths] }

/** A temporary directory for this test alone. */
function ownTmp(t: TestContext): string {
  const folder = makeFolder(t)
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })
  return folder
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777

describe('a staged configuration', () => {
  it('is the text with only the paths of its maps replaced, and those maps', (t) => {
    const tmp = ownTmp(t)
    const staged = stage(mapped, true)
    const folder = dirname(staged.config)
    assert.equal(dirname(folder), tmp)
    const copyOf = (map: MapFile): string => join(folder, basename(map.path))
    const expected = text.replaceAll(hosts.path, copyOf(hosts)).replaceAll(paths.path, copyOf(paths))
    assert.equal(readFileSync(staged.config, 'utf8'), expected)
    for (const map of [hosts, paths]) assert.equal(readFileSync(copyOf(map), 'utf8'), map.text)
  })

  it('is the text as it is where there is no map', (t) => {
    ownTmp(t)
    assert.equal(readFileSync(stage(plain, true).config, 'utf8'), text)
  })

  it('is private', (t) => {
    ownTmp(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    const { config } = stage(mapped, true)
    assert.equal(modeOf(dirname(config)), 0o700)
    for (const name of readdirSync(dirname(config))) assert.equal(modeOf(join(dirname(config), name)), 0o600, name)
  })

  it('is gone when it is removed, with all that was put beside it', (t) => {
    const tmp = ownTmp(t)
    const [one, two] = [stage(plain, true), stage(plain, true)]
    makeFile(dirname(one.log), basename(one.log), 'words')
    one.remove()
    assert.deepEqual(readdirSync(tmp), [basename(dirname(two.config))])
    two.remove()
    assert.deepEqual(readdirSync(tmp), [])
  })

  it('that a dead run left behind is swept after ten minutes', (t) => {
    const tmp = ownTmp(t)
    const [old, young] = [stage(plain, true), stage(plain, true)]
    const elevenMinutesAgo = Date.now() / 1000 - 660
    utimesSync(dirname(old.config), elevenMinutesAgo, elevenMinutesAgo)
    const third = stage(plain, true)
    assert.deepEqual(readdirSync(tmp).sort(), [young, third].map(({ config }) => basename(dirname(config))).sort())
  })

  it('is told apart from what a person keeps there under such a name', (t) => {
    const tmp = ownTmp(t)
    const kept = [
      'haproxy-updater-0.1.0.tgz',
      'haproxy-updater-backup',
      'haproxy-updater-0.1.0/package.json',
      'haproxy-updater.log',
    ]
    for (const name of kept) {
      const path = makeFile(tmp, name)
      for (const old of [path, dirname(path)]) if (old !== tmp) utimesSync(old, 0, 0)
    }
    symlinkSync(tmp, join(tmp, 'haproxy-updater-linked'))
    stage(plain, true).remove()
    for (const name of [...kept, 'haproxy-updater-linked']) assert.ok(existsSync(join(tmp, name)), name)
  })

  it('is a failure where there is no room for it', (t) => {
    const tmp = ownTmp(t)
    process.env['TMPDIR'] = makeFile(tmp, 'file')
    assert.throws(() => stage(plain, true), {
      exit: 'cannot-write',
      message: new RegExp(`^cannot stage the configuration in ${tmp}/file: ENOTDIR`),
    })
  })
})
