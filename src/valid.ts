import { dirname } from 'node:path'
import type { Draft } from './compose.js'
import { readRejection, withoutHashes } from './haproxy/rejection.js'
import { type Verdict, validate } from './haproxy/validate.js'
import type { LiveFile } from './live/files.js'
import { rejectedText } from './live/rejected.js'
import { type Staged, stage } from './live/staging.js'
import type { Memory } from './live/state.js'
import type { Options } from './options.js'
import { refuseQuarantined, withoutCulprit } from './quarantine.js'
import type { Configuration } from './render/configuration.js'

/** A draft that HAProxy accepts, or that nobody asked it about, and a private copy of its configuration. */
export interface Valid {
  draft: Draft
  staged: Staged
  verdict: Verdict
}

/** Where and how a draft is checked; `timeLeft` in ms. */
interface Place {
  options: Options
  memory: Memory
  live: LiveFile
  timeLeft: () => number
}

/**
 * Stages a draft and has HAProxy check it; each service that it is rejected for is left out (with `--strict` it ends the run). Throws
 * `invalid-config` where that is no help. Whoever gets the result removes what is staged.
 */
export async function stageValid(draft: Draft, place: Place): Promise<Valid> {
  const { options, memory } = place
  const check = (configuration: Configuration) => checkOnly(configuration, place)
  const search = { first: draft, started: Date.now(), check }
  for (let current = draft; ; ) {
    const { staged, verdict } = await stageChecked(current.configuration, place)
    if (verdict.how !== 'rejected') return { draft: current, staged, verdict }
    staged.remove()
    const output = withoutHashes(verdict.output, current.services)
    const next = await withoutCulprit(current, readRejection(output, current.configuration.text), search)
    if (!next) {
      const stateDir = options.dryRun ? undefined : options.stateDir
      throw rejectedText(output, staged.config, current.configuration, stateDir)
    }
    // Whoever is found stays found, should the search be given up: the next run goes on from there.
    memory.save({ quarantine: next.quarantine })
    if (options.strict) refuseQuarantined(next)
    current = next
  }
}

async function checkOnly(configuration: Configuration, place: Place): Promise<Verdict> {
  const { staged, verdict } = await stageChecked(configuration, place)
  staged.remove()
  return verdict
}

async function stageChecked(
  configuration: Configuration,
  { options, live, timeLeft }: Place,
): Promise<{ staged: Staged; verdict: Verdict }> {
  const staged = stage(configuration, !options.dryRun)
  try {
    return { staged, verdict: await validate(options.haproxy, staged, dirname(live.path), timeLeft()) }
  } catch (error) {
    staged.remove()
    throw error
  }
}
