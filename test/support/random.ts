/** A generator of whole numbers from 0 to below `limit`, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** The items in another order. */
export function shuffled<T>(items: readonly T[], random: (limit: number) => number): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(random(left.length), 1))
}
