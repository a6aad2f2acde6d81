import { type Account, timed } from './account.js'
import { type Run, reloadIsDue, unchanged } from './current.js'
import { askRunning } from './haproxy/running.js'
import type { LiveFile } from './live/files.js'
import { provenText } from './live/proven.js'
import { type LastSeen, lastSeen, type Seen } from './live/seen.js'
import type { Memory } from './live/state.js'
import { askMarathon, type Reply } from './marathon/source.js'
import type { Options } from './options.js'
import type { Outcome } from './outcome.js'
import { resolver, socketsToAsk } from './surroundings.js'

/**
 * One run: ask Marathon, and where anything is another than when the live configuration was last found right, render and compare.
 * `patient`: what failed not long ago is waited out, and what was seen is taken as it was. `account` is written as the run goes.
 * Throws an UpdaterError for each way to fail; the live file then is as it was, or proven.
 */
export async function update(
  options: Options,
  { live, memory }: { live: LiveFile; memory: Memory },
  patient: boolean,
  account: Account,
): Promise<Outcome> {
  const started = Date.now()
  const running = await askRunning(socketsToAsk(options, live), options.dryRun)
  const proven = provenText(options.stateDir, options.dryRun) ?? ''
  const run: Run = { options, memory, account, live, running, proven, patient, started }
  const last = lastSight(run)

  const reply = await timed(account, 'fetch', () => askMarathon(options, last?.seen.reply))
  account.answered = reply.from
  if (last && (await timed(account, 'render', () => isSeenAgain(last.seen, reply, run)))) return asLastTime(last, run)
  const { renew } = await import('./seldom.js')
  return renew(reply, run)
}

/** What was seen when the live configuration was found right; undefined where that must be found out again. */
function lastSight(run: Run): LastSeen | undefined {
  const { options, live, memory, patient, started } = run
  // A service in quarantine gets another try after a while.
  if (!patient || Object.keys(memory.state.quarantine).length > 0) return undefined
  const last = lastSeen(options.stateDir, { options, live }, started)
  return last && !reloadIsDue(last.configuration, run) ? last : undefined
}

async function isSeenAgain({ reply: before, addresses }: Seen, reply: Reply, run: Run): Promise<boolean> {
  if (reply.fingerprint !== before) return false
  const names = Object.entries(addresses)
  const found = await resolver(addresses, run)(new Set(Object.keys(addresses)))
  return names.every(([name, address]) => found.get(name) === address)
}

function asLastTime({ seen, configuration }: LastSeen, run: Run): Outcome {
  Object.assign(run.account, seen.account)
  return unchanged({ configuration, quarantine: {}, addresses: seen.addresses }, run)
}
