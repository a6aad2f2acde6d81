import type { Loadable } from '../render/maps.js'
import { keepFile, type LiveFile, readIfThere, replaceFile } from './files.js'

/** Whether the live file or one of its maps differs from a configuration. */
export function needsWriting({ text, maps }: Loadable, live: LiveFile): boolean {
  return live.text !== text || maps.some((map) => readIfThere(map.path) !== map.text)
}

/**
 * Puts a configuration in place: the maps before the text that names them, since a missing map is fatal to HAProxy; so replacing the
 * text stays the one atomic step. Throws `cannot-write`.
 */
export function install({ text, maps }: Loadable, live: LiveFile): void {
  for (const map of maps) keepFile(map.path, map.text, live.attributes)
  replaceFile(live.path, text, live.attributes)
}
