import { setTimeout as sleep } from 'node:timers/promises'
import { elapsed } from '../clock.js'
import type { Proof } from '../outcome.js'
import { masterFailed, type ReloadSaid, type ReloadWay, reload } from './reload.js'
import { askRunning, type Running } from './running.js'

/** How HAProxy is reloaded and asked what it runs; `log` is a file for the words of a reload command, `silence` ms are waited for proof. */
export interface Reloading {
  way: ReloadWay
  /** Empty: HAProxy is not asked, and a reload is taken at its word. */
  statsSockets: string[]
  log: string
  silence: number
}

/** Whether HAProxy runs what it was reloaded for. */
export type Loaded = { well: true; proof: Proof } | { well: false; reason: string }

const reloadLimit = 10_000
const afterAdmittedFailure = 1000

/**
 * Reloads HAProxy and waits until it is as wanted. HAProxy 2.6 loses a reload signal that comes during a reload, so silence is
 * answered with one more, unless the master knows that it failed: a port that is busy would stop all listeners a second time.
 * Without a stats socket the reload is taken at its word.
 */
export async function reloadUntil(isWanted: (now: Running) => boolean, reloading: Reloading): Promise<Loaded> {
  const first = await reloadOnce(isWanted, reloading)
  if (first.proof) return { well: true, proof: first.proof }
  if (first.said.failed) return { well: false, reason: first.said.reason }
  if (await masterFailed(reloading.way))
    return { well: false, reason: "HAProxy's master could not start the new worker" }
  const second = await reloadOnce(isWanted, reloading)
  if (second.proof) return { well: true, proof: second.proof }
  const reason = second.said.failed
    ? second.said.reason
    : 'HAProxy did not load it, though a reload was asked for twice'
  return { well: false, reason }
}

/** A failure that is admitted gets a second to be wrong; it is not worth the long wait. */
async function reloadOnce(
  isWanted: (now: Running) => boolean,
  { way, statsSockets, log, silence }: Reloading,
): Promise<{ said: ReloadSaid; proof: Proof | undefined }> {
  const said = await reload(way, reloadLimit, log)
  if (statsSockets.length === 0) return { said, proof: said.failed ? undefined : 'unverified' }
  const seen = await watch(statsSockets, said.failed ? afterAdmittedFailure : silence, isWanted)
  return { said, proof: seen ? 'verified' : undefined }
}

/** Asks 5 to 25 ms apart; false when `limit` ms have gone by. */
async function watch(statsSockets: string[], limit: number, isWanted: (now: Running) => boolean): Promise<boolean> {
  const until = elapsed() + limit
  for (let pause = 5; ; pause = Math.min(2 * pause, 25)) {
    if (isWanted(await askAfterwards(statsSockets))) return true
    if (elapsed() + pause > until) return false
    await sleep(pause)
  }
}

/** What HAProxy runs, once the live file is changed: a socket that may not be opened, or is silent, is then one more way of not being proven. */
export async function askAfterwards(statsSockets: string[]): Promise<Running> {
  try {
    return await askRunning(statsSockets)
  } catch {
    return { state: 'not-running' }
  }
}
