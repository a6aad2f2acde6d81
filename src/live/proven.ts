import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isMapName, type Loadable, loadable, mapNamesIn } from '../render/maps.js'
import { markerIn } from '../render/marker.js'
import { keepFile, type LiveFile, readIfAllowed, readIfThere, replaceFile, sweep } from './files.js'
import { privateFile } from './state.js'

const provenFile = (stateDir: string): string => join(stateDir, 'loaded.cfg')
const originalFile = (stateDir: string): string => join(stateDir, 'original.cfg')

/** The text of the last configuration that HAProxy was seen to run; with `lenient`, one that may not be read is none. */
export function provenText(stateDir: string, lenient = false): string | undefined {
  return lenient ? readIfAllowed(provenFile(stateDir)) : readIfThere(provenFile(stateDir))
}

/** Keeps a configuration that HAProxy was seen to run as the last proven one, its maps first. */
export function keepProven(stateDir: string, { text, maps }: Loadable): void {
  for (const map of maps) keepFile(join(stateDir, basename(map.path)), map.text, privateFile())
  replaceFile(provenFile(stateDir), text, privateFile())
}

/** What to go back to: the last proven configuration, else what was live before, else the file that was live before this program came. */
export function lastProven(stateDir: string, before: LiveFile): Loadable | undefined {
  const text = provenText(stateDir) ?? before.text ?? readIfThere(originalFile(stateDir))
  const read = (name: string) => readIfThere(join(stateDir, name)) ?? readIfThere(join(dirname(before.path), name))
  return text === undefined ? undefined : loadable(text, before.path, read)
}

/** The live configuration with its maps; undefined where there is no live file. */
export function liveLoadable({ path, text }: LiveFile): Loadable | undefined {
  return text === undefined ? undefined : loadable(text, path, (name) => readIfThere(join(dirname(path), name)))
}

/** Keeps a live file that this program did not write, once, as `original.cfg`. Gives its path where it was kept now. */
export function keepOriginal(stateDir: string, live: LiveFile): string | undefined {
  const kept = originalFile(stateDir)
  if (live.text === undefined || markerIn(live.text) || existsSync(kept)) return undefined
  replaceFile(kept, readFileSync(live.path), privateFile())
  return kept
}

/** Removes the maps of this live file that are named no more: beside it by neither `text` nor the last proven one, kept by the latter. */
export function sweepMaps(stateDir: string, live: string, text: string): void {
  const proven = mapNamesIn(provenText(stateDir) ?? '', live)
  const named = [...mapNamesIn(text, live), ...proven]
  sweep(dirname(live), (name) => isMapName(name, live) && !named.includes(name))
  sweep(stateDir, (name) => isMapName(name, live) && !proven.includes(name))
}
