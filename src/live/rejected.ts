import { join } from 'node:path'
import { UpdaterError } from '../errors.js'
import type { Verdict } from '../haproxy/validate.js'
import type { Configuration } from '../render/configuration.js'
import { replaceFile } from './files.js'
import type { Staged } from './staging.js'
import { privateFile } from './state.js'

/**
 * Throws `invalid-config` with HAProxy's own lines where it rejected the text, which is kept in the state directory for a person to look
 * at; without one, nothing is kept.
 */
export function refuseRejected(
  verdict: Verdict,
  configuration: Configuration,
  staged: Staged,
  stateDir: string | undefined,
): void {
  if (verdict.how !== 'rejected') return
  const place = stateDir === undefined ? 'rendered' : keepRejected(configuration, stateDir)
  const said = verdict.output.replace(/^\[NOTICE\].*\n?/gm, '').replaceAll(staged.config, place)
  throw new UpdaterError(
    'invalid-config',
    `haproxy -c rejects the rendered text, the live file is untouched. HAProxy says:\n${said}`,
  )
}

/** Gives where the text was kept, or says that it was not: a full disk must not hide what HAProxy rejects. */
function keepRejected({ text }: Configuration, stateDir: string): string {
  const kept = join(stateDir, 'rejected.cfg')
  try {
    replaceFile(kept, text, privateFile())
    return kept
  } catch {
    return 'rendered (not kept)'
  }
}
