import { join } from 'node:path'
import { UpdaterError } from '../errors.js'
import type { Configuration } from '../render/configuration.js'
import { replaceFile } from './files.js'
import { privateFile } from './state.js'

/**
 * The failure `invalid-config` with HAProxy's own lines on a text that it rejects, by its name there, which is kept in the state directory for a person to
 * look at; without one, nothing is kept.
 */
export function rejectedText(
  output: string,
  stagedConfig: string,
  configuration: Configuration,
  stateDir: string | undefined,
): UpdaterError {
  const place = stateDir === undefined ? 'rendered' : keepRejected(configuration, stateDir)
  const said = output.replace(/^\[NOTICE\].*\n?/gm, '').replaceAll(stagedConfig, place)
  return new UpdaterError(
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
