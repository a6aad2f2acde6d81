import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { taskName } from '../src/routes/layout.js'
import { counted, jsonOf, plain } from '../src/text.js'

/** Escape, CSI, delete, a newline, a turn of direction, a soft hyphen, a line separator, and a tag outside of the first plane. */
const odd = 'a\u001b[31m\u009b\u007f\n\u202e\u00ad\u2028\u{e0041}b'

describe('a text for a terminal', () => {
  it('holds no sign that it obeys or does not show', () => {
    assert.equal(plain(odd), 'a\\u{1b}[31m\\u{9b}\\u{7f}\\u{a}\\u{202e}\\u{ad}\\u{2028}\\u{e0041}b')
    assert.equal(plain('/größe/ü'), '/größe/ü')
  })

  it('holds only so much of the id of a task', () => {
    assert.equal(taskName(`${'x'.repeat(99)}.1`), `${'x'.repeat(99)}.1`)
    assert.equal(taskName(`${'x'.repeat(1000)}.1`), `${'x'.repeat(60)}…${'x'.repeat(57)}.1`)
  })
})

describe('JSON for a terminal', () => {
  it('holds none either, and means the same', () => {
    const value = { odd: [odd, 'ü'], none: null }
    for (const text of [jsonOf(value), jsonOf(value, 2)]) {
      assert.match(text, /^[ -~ü\n]+$/)
      assert.deepEqual(JSON.parse(text), value)
    }
    assert.deepEqual([jsonOf({ a: 1 }), jsonOf({ a: 1 }, 2)], ['{"a":1}\n', '{\n  "a": 1\n}\n'])
  })
})

describe('a number of things', () => {
  it('is one or many', () => {
    assert.deepEqual([counted(0, 'app'), counted(1, 'app'), counted(2, 'app')], ['0 apps', '1 app', '2 apps'])
  })
})
