import { mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { reasonOf, UpdaterError } from './errors.js'
import { readLive, replaceFile } from './live/files.js'
import type { Options } from './options.js'
import { render } from './update.js'

/**
 * The rendered text to print; with `output`, nothing to print: the text and its maps are written into that folder, and the text
 * names the maps there. Throws what rendering throws, and `cannot-write`.
 */
export async function renderOnly(
  options: Options,
  output: string | undefined,
): Promise<{ text: string; warnings: string[] }> {
  if (output === undefined) {
    const { configuration, warnings } = await render(options, readLive(options.haproxyConfig).path)
    return { text: configuration.text, warnings }
  }
  const target = join(resolve(output), basename(options.haproxyConfig))
  const { configuration, warnings } = await render(options, target)
  makeFolder(resolve(output))
  for (const map of configuration.maps) replaceFile(map.path, map.text)
  replaceFile(target, configuration.text)
  return { text: '', warnings }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new UpdaterError('cannot-write', `cannot make the folder ${path}: ${reasonOf(error)}`, { cause: error })
  }
}
