import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitForTurn } from '../src/splay.js'

/** The order in which these waits end, all begun at once. */
async function orderOf(waits: Record<string, () => Promise<unknown>>): Promise<string[]> {
  const order: string[] = []
  await Promise.all(Object.entries(waits).map(([name, wait]) => wait().then(() => order.push(name))))
  return order
}

describe('the splay', () => {
  it('is waited for in part only', async () => {
    const waits = {
      whole: () => sleep(1000),
      moment: () => sleep(1),
      part: () => waitForTurn(999),
      none: () => waitForTurn(0),
    }
    assert.deepEqual(await orderOf(waits), ['none', 'moment', 'part', 'whole'])
  })

  it('is the same part each time', async () => {
    const names = Array.from({ length: 20 }, (_, index) => String(index))
    const waits = names.map((name) => [name, () => waitForTurn(200)] as const)
    assert.deepEqual(await orderOf(Object.fromEntries(waits)), names)
  })
})
