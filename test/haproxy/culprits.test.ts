import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findCulprit } from '../../src/haproxy/culprits.js'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** A judge who rejects what holds one of these, names the last of them, and counts how often it is asked. */
function judge(...wrong: number[]) {
  const asked: number[][] = []
  const rejected = async (items: number[]): Promise<string | undefined> => {
    asked.push(items)
    const found = items.findLast((item) => wrong.includes(item))
    return found === undefined ? undefined : `not ${found}`
  }
  return { asked, rejected }
}

const never = (): boolean => false

describe('the search for what is rejected', () => {
  it('finds the first, wherever it stands, and what is said of it alone', async () => {
    for (const count of [1, 2, 3, 10, 64, 65]) {
      for (const at of numbers(count)) {
        const { rejected } = judge(at, count - 1)
        assert.deepEqual(await findCulprit(numbers(count), rejected, never), { at, rejection: `not ${at}` })
      }
    }
  })

  it('asks about log2 n times', async () => {
    for (const at of [0, 1, 499, 500, 998, 999]) {
      const { rejected, asked } = judge(at)
      await findCulprit(numbers(1000), rejected, never)
      assert.ok(asked.length <= 11, `${asked.length} for ${at}`)
      assert.ok(asked.flat().length <= 1000, 'halves are tried without the rest')
    }
  })

  it('finds nothing where nothing is rejected by itself', async () => {
    const together = async (items: number[]) => (items.includes(3) && items.includes(6) ? 'not both' : undefined)
    assert.equal(await findCulprit(numbers(10), together, never), undefined)
    assert.equal(await findCulprit([], together, never), undefined)
  })

  it('ends when its time is over', async () => {
    const { rejected, asked } = judge(7)
    assert.equal(await findCulprit(numbers(1000), rejected, () => asked.length === 3), undefined)
    assert.equal(asked.length, 3)
  })
})
