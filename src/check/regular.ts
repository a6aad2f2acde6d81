import { UpdaterError } from '../errors.js'
import { lookBehind } from '../look.js'

/**
 * Throws `no-input` for a path that leads to a folder, or to a pipe or device, whose end might never come. One that leads nowhere is for
 * whoever opens it. `what` it is read as is said in the message.
 */
export function requireRegular(path: string, what: string): void {
  if (lookBehind(path)?.isFile() === false)
    throw new UpdaterError('no-input', `cannot read the ${what} ${path}: it is not a regular file`)
}
