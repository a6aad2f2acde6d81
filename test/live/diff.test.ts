import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { summarize, unifiedDiff } from '../../src/live/diff.js'
import { makeFile, makeFolder } from '../support/folder.js'

const live = '/etc/haproxy/haproxy.cfg'
const lines = (count: number, word = 'line') =>
  Array.from({ length: count }, (_, index) => `  # ${word} ${index}\n`).join('')

describe('the difference', () => {
  it('is a unified one that patch takes', async (t) => {
    const before = `global\n${lines(20)}backend a\n  server s 10.0.0.1:1\n${lines(20)}`
    const after = `${before.replace('10.0.0.1:1', '10.0.0.2:1').replace('  # line 3\n', '')}backend b\n`
    const patch = (await unifiedDiff({ live, before, after })) ?? ''
    assert.match(patch, /^--- \/etc\/haproxy\/haproxy\.cfg\n?\t?.*\n\+\+\+ \/etc\/haproxy\/haproxy\.cfg\trendered\n@@ /)
    assert.deepEqual(patch.match(/^[-+] .*$/gm), ['-  # line 3', '-  server s 10.0.0.1:1', '+  server s 10.0.0.2:1'])
    const file = makeFile(makeFolder(t), 'haproxy.cfg', before)
    const { status, stdout } = spawnSync('patch', [file], { input: patch, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    assert.equal(readFileSync(file, 'utf8'), after)
  })

  it('shows a file that is new whole, and three lines around a change', async () => {
    const created = await unifiedDiff({ live, before: '', after: 'a\nb\n' })
    assert.match(created ?? '', /^@@ -0,0 \+1,2 @@\n\+a\n\+b\n$/m)
    const before = lines(100)
    const changed = await unifiedDiff({ live, before, after: before.replace('line 50', 'other') })
    assert.equal(changed?.match(/^ /gm)?.length, 6)
  })

  it('hides passwords, in whatever way they are written', async () => {
    const secrets = [
      '  user joe insecure-password SECRET',
      '  user joe password $5$SECRET groups g',
      '\tuser  joe   insecure-password  "SECRET SECRET"',
      '  stats auth joe:SECRET',
      "  stats auth 'joe:SECRET SECRET'",
      '  stats auth joe:SECRET\\ SECRET',
      '  stats  auth "joe:SECRET SECRET"',
    ]
    for (const line of secrets) {
      for (const [before, after] of [
        ['a\n', `a\n${line}\n`],
        [`${line}\n`, 'a\n'],
        [`${line}\na\n`, `${line}\nb\n`],
      ] as const) {
        const patch = (await unifiedDiff({ live, before, after })) ?? ''
        assert.ok(patch.includes('***') && patch.includes('joe') && !patch.includes('SECRET'), patch)
      }
    }
  })

  it('is given up where it would take too long', async () => {
    assert.equal(await unifiedDiff({ live, before: lines(3000, 'old'), after: lines(3000, 'new') }), undefined)
  })
})

describe('the summary of a change', () => {
  const before = 'backend a\n  server s 10.0.0.1:1\n  server t 10.0.0.1:2\nbackend b\n  server s 10.0.0.1:3\n'

  it('counts servers by backend and name, and names the services that come and go', () => {
    const after =
      'backend a\n  server s 10.0.0.9:1\n  server u 10.0.0.1:2\nlisten c\n  server s 10.0.0.1:3\nbackend d\n'
    assert.deepEqual(summarize({ live, before, after }), {
      services: { added: ['c', 'd'], removed: ['b'] },
      servers: { added: 2, removed: 2, changed: 1 },
    })
  })

  it('is none where only the rest differs', () => {
    const none = { services: { added: [], removed: [] }, servers: { added: 0, removed: 0, changed: 0 } }
    assert.deepEqual(summarize({ live, before, after: `${before}# more\n`.replace('  server', '\tserver') }), none)
    assert.deepEqual(summarize({ live, before: '', after: '' }), none)
  })
})
