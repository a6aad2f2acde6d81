import type { Loadable } from '../render/maps.js'
import { type LiveFile, readIfThere, replaceFile } from './files.js'

/** Whether the live file or its map differs from a configuration. */
export function needsWriting({ text, map }: Loadable, live: LiveFile): boolean {
  return live.text !== text || (map !== undefined && readIfThere(map.path) !== map.text)
}

/**
 * Puts a configuration in place: the map before the text that names it, since a missing map is fatal to HAProxy; so replacing the
 * text stays the one atomic step. Throws `cannot-write`.
 */
export function install({ text, map }: Loadable, live: LiveFile): void {
  if (map) replaceFile(map.path, map.text, live.attributes)
  replaceFile(live.path, text, live.attributes)
}
