import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { paint, painter } from '../src/color.js'

/** Whether a text is painted, with these variables alone to say so. */
function isPainted(when: 'auto' | 'always' | 'never', terminal: boolean, env: Record<string, string> = {}): boolean {
  const own = process.env
  process.env = env
  try {
    return painter(when, terminal)('red', 'x') !== 'x'
  } finally {
    process.env = own
  }
}

describe('colours', () => {
  it('are for a terminal, or wherever they are always wanted', () => {
    assert.deepEqual([isPainted('auto', true), isPainted('auto', false)], [true, false])
    assert.deepEqual([isPainted('always', true), isPainted('always', false)], [true, true])
    assert.deepEqual([isPainted('never', true), isPainted('never', false)], [false, false])
  })

  it('are not for who does not want them, or has none', () => {
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      assert.deepEqual([isPainted('auto', true, env), isPainted('always', true, env)], [false, true])
    }
    assert.equal(isPainted('auto', true, { NO_COLOR: '', TERM: 'xterm' }), true)
  })

  it('tell the lines of a difference apart', () => {
    const patch = '--- a\n+++ b\n@@ -1 +1 @@\n same\n-old\n+new\n'
    assert.equal(
      paint(patch, 'always', false),
      '\u001b[1m--- a\u001b[22m\n\u001b[1m+++ b\u001b[22m\n\u001b[36m@@ -1 +1 @@\u001b[39m\n same\n\u001b[31m-old\u001b[39m\n\u001b[32m+new\u001b[39m\n',
    )
    assert.equal(paint(patch, 'never', true), patch)
  })
})
