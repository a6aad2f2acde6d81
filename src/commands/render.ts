import { basename, join, resolve } from 'node:path'
import { type Asked, ownOption } from '../command-line.js'
import { commandSpecs } from '../command-table.js'
import { reasonOf, UpdaterError } from '../errors.js'
import { makeFolder, readLive, replaceFile } from '../live/files.js'
import { warningsIn } from '../marathon/findings.js'
import { readOptions } from '../options.js'
import { refuseOwnFile } from '../own-files.js'
import { render as draftOf } from '../preview.js'
import type { Printed } from './printed.js'

/**
 * The rendered text to print; with `--output`, nothing to print: the text and its maps are written into that folder, and the text
 * names the maps there. Throws what rendering throws, and `cannot-write`.
 */
export async function render({ flags, own }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  const output = ownOption(commandSpecs.render.options.output, own['output'])
  const folder = output === undefined ? undefined : resolve(output)
  const target =
    folder === undefined ? readLive(options.haproxyConfig).path : join(folder, basename(options.haproxyConfig))
  if (folder !== undefined) refuseOwnFile(target, '--output:', options)
  const { configuration, findings } = await draftOf(options, target)
  if (folder !== undefined) {
    requireFolder(folder)
    for (const map of configuration.maps) replaceFile(map.path, map.text)
    replaceFile(target, configuration.text)
  }
  const lines = warningsIn(findings).map((warning) => `warning: ${warning}`)
  return { stdout: folder === undefined ? configuration.text : '', lines, status: 0 }
}

function requireFolder(path: string): void {
  try {
    makeFolder(path)
  } catch (error) {
    throw new UpdaterError('cannot-write', `cannot make the folder ${path}: ${reasonOf(error)}`, { cause: error })
  }
}
