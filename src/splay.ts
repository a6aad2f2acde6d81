import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Waits a part of `splay` ms that is this host's own and always the same, so that runs of one host stay a minute apart. */
export async function waitForTurn(splay: number): Promise<void> {
  if (splay === 0) return
  const part = createHash('sha256').update(hostname()).digest().readUInt32BE() / 2 ** 32
  await sleep(splay * part)
}
