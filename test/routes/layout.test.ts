import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Paint } from '../../src/color.js'
import { hanging, layOut, shorten, wrap } from '../../src/routes/layout.js'

const unpainted: Paint = (_, text) => text
const columns = [
  { title: 'A', shrinks: true },
  { title: 'B', shrinks: false },
  { title: 'C', shrinks: true },
]
const rows = [
  [{ text: 'a-rather-long-name-0001' }, { text: '1' }, { text: '127.0.0.1:31000' }],
  [{ text: '' }, { text: 'a-fixed-word' }, { text: '' }],
]

describe('a table', () => {
  it('has columns as wide as their cells, and no blanks at the ends of lines', () => {
    assert.deepEqual(layOut(columns, rows, undefined, unpainted), [
      'A                        B             C',
      'a-rather-long-name-0001  1             127.0.0.1:31000',
      '                         a-fixed-word',
    ])
  })

  it('loses the middles of its longest cells until its lines fit', () => {
    assert.deepEqual(layOut(columns, rows, 54, unpainted), layOut(columns, rows, undefined, unpainted))
    assert.deepEqual(layOut(columns, rows, 50, unpainted), [
      'A                    B             C',
      'a-rather-…name-0001  1             127.0.0.1:31000',
      '                     a-fixed-word',
    ])
    for (let width = 22; width < 60; width++) {
      const lines = layOut(columns, rows, width, unpainted)
      assert.ok(Math.max(...lines.map(({ length }) => length)) <= width, lines.join('\n'))
    }
  })

  it('leaves something of each cell, however narrow it should be', () => {
    assert.deepEqual(layOut(columns, rows, 1, unpainted)[1], 'a…1  1             1…0')
  })

  it('is painted without a part in its widths', () => {
    const painted = layOut(
      columns,
      [[{ text: 'x', style: 'red' }, { text: 'y' }, { text: 'z' }]],
      80,
      (style, text) => `<${style} ${text}>`,
    )
    assert.deepEqual(painted, ['<bold A>  <bold B>  <bold C>', '<red x>  y  z'])
  })
})

describe('a text at a terminal', () => {
  it('is broken at blanks, and a word only where it is longer than a line', () => {
    assert.deepEqual(wrap('a text of words  and of x', 36, 20), ['a text of words', 'and of x'])
    assert.deepEqual(wrap(`x ${'0123456789'.repeat(4)} end`, 36, 20), [
      'x',
      '0123456789012345',
      '6789012345678901',
      '23456789 end',
    ])
    assert.deepEqual(wrap('😀'.repeat(20), 36, 20), ['😀'.repeat(16), '😀'.repeat(4)])
    assert.deepEqual(wrap('', 36, 20), [''])
  })

  it('is as it is in a pipe, and at a terminal that is too narrow not broken further', () => {
    const text = 'a text  of more than thirty signs, as it is'
    assert.deepEqual(wrap(text, undefined, 4), [text])
    assert.deepEqual(wrap(text, 1, 4), wrap(text, 30, 4))
  })

  it('hangs below its first line', () => {
    assert.deepEqual(hanging('- ', 'a text of more than thirty signs', 30), [
      '- a text of more than thirty',
      '    signs',
    ])
  })
})

describe('a text that is too long', () => {
  it('loses its middle, and is as long as wanted', () => {
    assert.deepEqual(
      [8, 7, 6, 5, 2, 1].map((width) => shorten('abcdefg', width)),
      ['abcdefg', 'abcdefg', 'abc…fg', 'ab…fg', 'a…', '…'],
    )
  })
})
