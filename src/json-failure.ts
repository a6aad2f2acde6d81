import type { Printed } from './commands/printed.js'
import { statusOf } from './errors.js'
import { failureOf } from './report.js'
import { jsonOf } from './text.js'

/**
 * What `routes --json` and `check --json` print where they fail once their options could be read, so that a caller gets an object in any
 * case: `{schema, exit: {status, name}, error}` as a run prints them, and the line on standard error besides.
 */
export function jsonFailure(thrown: unknown): Printed {
  const { exit: name, message: error } = failureOf(thrown)
  const status = statusOf(name)
  return {
    stdout: jsonOf({ schema: 1, exit: { status, name }, error }, 2),
    lines: [`error[${name}]: ${error}`],
    status,
  }
}
