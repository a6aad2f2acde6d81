import { basename, dirname } from 'node:path'
import { UpdaterError } from './errors.js'
import { realPath } from './live/files.js'
import type { Options } from './options.js'
import { isMapName } from './render/maps.js'

/**
 * Throws `usage` where what is to be written to `named`, by the option or command `says`, would take the place of the live file, of a
 * map of it or of the state: only a run may, under its lock and with its proof.
 */
export function refuseOwnFile(named: string, says: string, { haproxyConfig, stateDir }: Options): void {
  const [path, live] = [realPath(named), realPath(haproxyConfig)]
  const isMap = dirname(path) === dirname(live) && isMapName(basename(path), live)
  if (path !== live && !isMap && dirname(path) !== realPath(stateDir)) return
  throw new UpdaterError(
    'usage',
    `${says} ${named} is a file of the program's own, which only a run writes; give it a place of its own`,
  )
}
