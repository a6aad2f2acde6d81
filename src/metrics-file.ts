import { basename, dirname } from 'node:path'
import { reasonOf, UpdaterError } from './errors.js'
import type { Facts } from './facts.js'
import { replaceFile, sweepTemps } from './live/files.js'
import { lookAt } from './look.js'
import { metricsOf } from './metrics.js'

/**
 * Writes the metrics of a run in one step, without a sync since the next run is soon: 0644, by way of a hidden file that the
 * collector does not read. Gives a warning where that cannot be, which is no reason for a run to fail.
 */
export function writeMetrics(path: string, facts: Facts): string[] {
  try {
    // A slip such as /dev/stdout must not be replaced by a file.
    if (lookAt(path)?.isFile() === false) throw new Error('it is not a regular file')
    sweepTemps(dirname(path), (name) => name === basename(path))
    replaceFile(path, metricsOf(facts), undefined, false)
    return []
  } catch (error) {
    return [`the metrics file ${path} cannot be written (${causeOf(error)}); see --metrics-file`]
  }
}

/** The code, for the message names the temporary file, and would be another each time. */
function causeOf(error: unknown): string {
  const cause = error instanceof UpdaterError ? error.cause : error
  return (cause as NodeJS.ErrnoException).code ?? reasonOf(cause)
}
