import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Asked } from '../command-line.js'
import { UpdaterError } from '../errors.js'
import { replaceFile } from '../live/files.js'
import { privateFile } from '../live/state.js'
import { lookAt, lookBehind } from '../look.js'
import { askMarathon } from '../marathon/source.js'
import { readOptions } from '../options.js'
import { refuseOwnFile } from '../own-files.js'
import { recorded } from '../recorded.js'
import type { Printed } from './printed.js'

/**
 * Marathon's reply without its secrets, written into the file that is named (mode 0600), or to print where that is `-`. Throws what
 * asking Marathon throws, `usage` for what is no file, and `cannot-write`.
 */
export async function record({ flags, argument = '-' }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  const path = argument === '-' ? undefined : fileAt(argument)
  if (path !== undefined) refuseOwnFile(path, 'record', options)
  const { from, apps } = await askMarathon(options)
  const text = recorded(apps)
  if (path !== undefined) replaceFile(path, text, privateFile())
  const what = `${apps.length} ${apps.length === 1 ? 'app' : 'apps'} of ${from}`
  const without = 'without password hashes and whatever routing does not need (env, cmd, secrets, other labels, …)'
  const lines = options.quiet ? [] : [`recorded ${what}, ${without}${path === undefined ? '' : `: ${path}`}`]
  return { stdout: path === undefined ? text : '', lines, status: 0 }
}

/** A device such as /dev/null would be replaced by a file, and a symlink by one of its own, even if it leads nowhere. */
function fileAt(argument: string): string {
  const path = resolve(argument)
  const found = lookBehind(path)
  if (found ? !found.isFile() : lookAt(path))
    throw new UpdaterError('usage', `${path} is no file that the reply can be written to; - is standard output`)
  return found ? realpathSync(path) : path
}
