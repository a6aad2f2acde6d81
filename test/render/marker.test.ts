import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isGenuine, markerIn, sha256, stamp } from '../../src/render/marker.js'

const rest = 'defaults\n  mode http\n'
const line = (text: string): string => `  description haproxy-updater sha256:${sha256(text)}\n`

describe('the marker', () => {
  it('stands after the first global line and is the hash of the rest', () => {
    for (const global of ['global\n', 'global  \t\n', 'global # ours\n']) {
      const text = `# comment\n${global}  user haproxy\nglobal\n  group haproxy\n${rest}`
      const [before, after] = [`# comment\n${global}`, `  user haproxy\nglobal\n  group haproxy\n${rest}`]
      assert.equal(stamp(text), before + line(text) + after)
    }
  })

  it('gets a global section of its own where the text has none', () => {
    for (const text of [rest, `# global\n${rest}`, `${rest}backend global\n  mode http\n`, '']) {
      assert.equal(stamp(text), `global\n${line(text)}\n${text}`)
    }
  })

  it('differs for texts that differ, and can be taken out of the text again', () => {
    const one = stamp(`global\n${rest}`)
    assert.notEqual(markerIn(one), markerIn(stamp(`global\n${rest} `)))
    assert.equal(markerIn(one), `haproxy-updater sha256:${sha256(one.replace(/^ {2}description .*\n/m, ''))}`)
  })

  it('tells whether a text was edited since', () => {
    for (const text of [`global\n${rest}`, rest, `global # ours\n  user x\n${rest}`, '']) {
      assert.ok(isGenuine(stamp(text)), text)
      assert.ok(!isGenuine(`${stamp(text)}# edited\n`), text)
      assert.ok(!isGenuine(text), text)
    }
  })

  it('is found in a text and in what HAProxy says of itself, and nowhere else', () => {
    const marker = `haproxy-updater sha256:${'0a'.repeat(32)}`
    assert.equal(markerIn(`global\n  description ${marker}\n`), marker)
    assert.equal(markerIn(marker), marker)
    for (const text of ['', 'haproxy-updater sha256:abc', marker.toUpperCase(), '# Written by haproxy-updater.']) {
      assert.equal(markerIn(text), undefined)
    }
  })

  it('is refused where a template has a description already, which would hide it', () => {
    for (const text of ['global\n  description my site\n', `${rest}global\n  user x\n\tdescription  y\n`]) {
      assert.throws(() => stamp(text), {
        exit: 'bad-setup',
        message: /global section says "description .*remove that line/,
      })
    }
    const elsewhere = `global\n  # description x\n${rest}frontend f\n  description of a frontend\n`
    assert.ok(markerIn(stamp(elsewhere)))
  })
})
