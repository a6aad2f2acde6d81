import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Paint } from '../../src/color.js'
import { layOut, shorten } from '../../src/routes/layout.js'

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
    for (let width = 34; width < 60; width++) {
      const lines = layOut(columns, rows, width, unpainted)
      assert.ok(Math.max(...lines.map(({ length }) => length)) <= width, lines.join('\n'))
    }
  })

  it('leaves something of each cell, however narrow it should be', () => {
    assert.deepEqual(layOut(columns, rows, 1, unpainted)[1], 'a-ra…0001  1             127.…1000')
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

describe('a text that is too long', () => {
  it('loses its middle, and is as long as wanted', () => {
    assert.deepEqual(
      [8, 7, 6, 5, 2, 1].map((width) => shorten('abcdefg', width)),
      ['abcdefg', 'abcdefg', 'abc…fg', 'ab…fg', 'a…', '…'],
    )
  })
})
