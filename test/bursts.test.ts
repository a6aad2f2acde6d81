import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bursts, gather } from '../src/bursts.js'
import { until } from './support/wait.js'

const anHour = 3_600_000

/** Waits for what `bursts.next` gives until the test ends; `ended` fails where it does not come. */
function waitFor(t: TestContext, bursts: Bursts, longest = anHour) {
  const over = new AbortController()
  t.after(() => over.abort())
  const next = bursts.next(over.signal, longest)
  let given: boolean | undefined
  void next.then((isBurst) => {
    given = isBurst
  })
  const ended = async (): Promise<boolean | undefined> => {
    await until(() => given !== undefined, { what: 'the end of a burst' })
    return given
  }
  return { over, next, ended }
}

/** The names of bursts in the order in which they end. */
async function orderOf(t: TestContext, bursts: Record<string, Bursts>): Promise<string[]> {
  const order: string[] = []
  const all = Object.entries(bursts).map(([name, one]) => waitFor(t, one).next.then(() => order.push(name)))
  await until(() => order.length === all.length, { what: 'the end of all bursts' })
  return order
}

describe('a burst of events', () => {
  it('is over when it has been quiet', async (t) => {
    const bursts = gather(20, anHour)
    bursts.note()
    assert.equal(await waitFor(t, bursts).ended(), true)
  })

  it('is over later with each further event', async (t) => {
    const [first, second] = [gather(100, anHour), gather(100, anHour)]
    first.note()
    second.note()
    await sleep(20)
    first.note()
    assert.deepEqual(await orderOf(t, { first, second }), ['second', 'first'])
  })

  it('is over at the latest so long after its first event', async (t) => {
    const [first, second] = [gather(anHour, 200), gather(anHour, 200)]
    first.note()
    await sleep(20)
    second.note()
    await sleep(20)
    first.note()
    assert.deepEqual(await orderOf(t, { first, second }), ['first', 'second'])
  })

  it('has its time anew, however long ago the last one was', async (t) => {
    const [first, second] = [gather(40, 50), gather(40, 50)]
    second.note()
    assert.equal(await waitFor(t, second).ended(), true)
    await sleep(20)
    first.note()
    await sleep(10)
    second.note()
    assert.deepEqual(await orderOf(t, { first, second }), ['first', 'second'])
  })

  it('that nobody waits for is one all the same, however many events it has', async (t) => {
    const [bursts, other] = [gather(20, 40), gather(100, 100)]
    for (let times = 0; times < 200; times++) {
      bursts.note()
      if (times % 50 === 0) await sleep(20)
    }
    await sleep(50)
    assert.equal(await waitFor(t, bursts).ended(), true)
    other.note()
    await assertOpen(t, bursts, other)
  })

  it('that is cut short is followed by one that is quiet, and no other', async (t) => {
    const [bursts, other] = [gather(100, 150), gather(200, 200)]
    const cut = waitFor(t, bursts)
    const noting = setInterval(() => bursts.note(), 10)
    t.after(() => clearInterval(noting))
    assert.equal(await cut.ended(), true)
    clearInterval(noting)
    assert.equal(await waitFor(t, bursts).ended(), true)
    other.note()
    await assertOpen(t, bursts, other)
  })

  it('is waited for only so long, and what came until then is answered', async (t) => {
    const [bursts, other] = [gather(100, 100), gather(100, 100)]
    assert.equal(await waitFor(t, bursts, 10).ended(), true)
    bursts.note()
    assert.equal(await waitFor(t, bursts, 10).ended(), true)
    other.note()
    await assertOpen(t, bursts, other)
  })

  it('is not waited for any more once that is given up', async (t) => {
    const bursts = gather(20, 20)
    const waiting = waitFor(t, bursts)
    waiting.over.abort()
    assert.equal(await waiting.ended(), false)
    bursts.note()
    await sleep(40)
    assert.equal(await bursts.next(AbortSignal.abort(), anHour), false)
    assert.equal(await bursts.next(AbortSignal.abort(), 0), false)
  })
})

/** Asserts that there is no burst before the end of another. */
async function assertOpen(t: TestContext, bursts: Bursts, other: Bursts): Promise<void> {
  const races = Object.entries({ bursts, other }).map(([name, one]) => waitFor(t, one).next.then(() => name))
  assert.equal(await Promise.race(races), 'other')
}
