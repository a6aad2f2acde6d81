import type { Asked } from '../command-line.js'
import { bashCompletion } from '../completion.js'
import { UpdaterError } from '../errors.js'
import type { Printed } from './printed.js'

/** The completion of the command line to print. Throws `usage` for a shell other than bash. */
export async function completion({ argument }: Asked): Promise<Printed> {
  if (argument !== 'bash')
    throw new UpdaterError('usage', `there is no completion for ${JSON.stringify(argument)}; the one shell is bash`)
  return { stdout: bashCompletion(), lines: [], status: 0 }
}
