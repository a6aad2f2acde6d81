import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Crossing, checkGate, isOverLimit } from '../../src/live/gate.js'

const now = 10_000_000
const minute = 60_000
const crossing = (before: number, after: number, more: Partial<Crossing> = {}): Crossing => ({
  before,
  after,
  maxDrop: 50,
  confirmAfter: 2 * minute,
  allowEmpty: false,
  since: undefined,
  now,
  ...more,
})
const unsafe = (message: RegExp) => ({ exit: 'unsafe', message })

describe('the gate', () => {
  it('lets pass what loses less than ten servers or not more than the limit', () => {
    const passes: [before: number, after: number, maxDrop?: number][] = [
      [0, 0],
      [0, 500],
      [9, 18],
      [10, 1],
      [20, 10],
      [100, 50],
      [1000, 500],
      [100, 10, 90],
      [100, 1, 100],
      [12, 3, 0],
    ]
    for (const [before, after, maxDrop = 50] of passes) {
      assert.equal(checkGate(crossing(before, after, { maxDrop })), undefined, `${before} → ${after}, ${maxDrop} %`)
      assert.equal(isOverLimit({ before, after, maxDrop }), false)
    }
  })

  it('refuses what loses more, and says how much and for how long', () => {
    const refused: [before: number, after: number, maxDrop?: number][] = [
      [19, 9],
      [11, 1],
      [100, 49],
      [100, 10, 89.5],
      [1000, 990, 0.5],
      [12, 2, 0],
    ]
    for (const [before, after, maxDrop = 50] of refused) {
      const said = unsafe(
        new RegExp(`^refused: ${before - after} of ${before} servers would be lost, .* 120 s from now$`),
      )
      assert.throws(() => checkGate(crossing(before, after, { maxDrop })), said, `${before} → ${after}, ${maxDrop} %`)
      assert.equal(isOverLimit({ before, after, maxDrop }), true)
    }
  })

  it('believes such a loss once it has lasted', () => {
    const lasting = (ms: number) => crossing(100, 10, { since: now - ms })
    assert.throws(() => checkGate(lasting(0)), unsafe(/120 s from now/))
    assert.throws(() => checkGate(lasting(2 * minute - 1)), unsafe(/ 1 s from now/))
    assert.equal(checkGate(lasting(2 * minute)), undefined)
    assert.equal(checkGate(crossing(100, 10, { confirmAfter: 0 })), undefined)
  })

  it('never believes by waiting that no server is left, only when it is told to', () => {
    for (const before of [1, 9, 100]) {
      const empty = { since: now - 60 * minute, maxDrop: 100 }
      assert.throws(() => checkGate(crossing(before, 0, empty)), unsafe(/all there are; give --allow-empty once/))
      assert.equal(checkGate(crossing(before, 0, { allowEmpty: true })), undefined)
    }
    assert.throws(() => checkGate(crossing(100, 1, { allowEmpty: true })), { exit: 'unsafe' }, 'one is not none')
  })
})
