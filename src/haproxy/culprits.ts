/** What HAProxy says of a text with these items and no others in it; undefined: it is accepted. */
export type Try<T, R> = (items: T[]) => Promise<R | undefined>

/** The first item that is rejected by itself: where it stands, and what HAProxy said of it alone. */
export interface Culprit<R> {
  at: number
  rejection: R
}

/**
 * Finds the first of these items for which a text that holds them all is rejected, in about log2 n tries. What HAProxy rejects it
 * rejects alone, so a half is tried without the other. Undefined where that is not so, and when `isOver`.
 */
export async function findCulprit<T, R>(
  items: T[],
  rejected: Try<T, R>,
  isOver: () => boolean,
): Promise<Culprit<R> | undefined> {
  let [at, end] = [0, items.length]
  let rejection: R | undefined
  while (end - at > 1) {
    if (isOver()) return undefined
    const middle = (at + end) >> 1
    const said = await rejected(items.slice(at, middle))
    if (said) end = middle
    else at = middle
    rejection = said
  }
  rejection ??= await rejected(items.slice(at, end))
  return rejection && { at, rejection }
}
