import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until the condition holds, asking every 10 ms. A condition that throws does not hold yet; what it threw last is the cause of
 * the error that says, after `timeout` ms, `what` never came.
 */
export async function until(
  condition: () => Promise<boolean> | boolean,
  { timeout = 5000, what }: { timeout?: number; what: string },
): Promise<void> {
  const end = performance.now() + timeout
  let cause: unknown
  do {
    try {
      if (await condition()) return
      cause = undefined
    } catch (error) {
      cause = error
    }
    await sleep(10)
  } while (performance.now() < end)
  throw new Error(`waited ${timeout} ms in vain for ${what}`, { cause })
}
