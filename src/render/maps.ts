import { basename, dirname, join } from 'node:path'
import { isGenuine, markerIn, sha256 } from './marker.js'

/** A map file of HAProxy: absolute path and text. */
interface HostsMap {
  path: string
  text: string
}

/** A configuration that a HAProxy can load: its text, the marker in it (undefined: not ours), and its map. */
export interface Loadable {
  text: string
  marker: string | undefined
  map: HostsMap | undefined
}

const hashLetters = 12

const prefixOf = (live: string): string => `${basename(live)}-hosts-`

/** The path of a live file's hosts map with this sha256: beside the live file, named by its content. */
export function mapPath(live: string, hash: string): string {
  return join(dirname(live), `${prefixOf(live)}${hash.slice(0, hashLetters)}.map`)
}

/** Whether this is the name of a hosts map of this live file, and of no other in its directory. */
export function isMapName(name: string, live: string): boolean {
  return name.startsWith(prefixOf(live)) && /^[0-9a-f]{12}\.map$/.test(name.slice(prefixOf(live).length))
}

/** The name of the hosts map that a text of this live file names. */
export function mapNameIn(text: string, live: string): string | undefined {
  const length = prefixOf(live).length + hashLetters + '.map'.length
  for (let at = text.indexOf(`/${prefixOf(live)}`); at >= 0; at = text.indexOf(`/${prefixOf(live)}`, at + 1)) {
    const name = text.slice(at + 1, at + 1 + length)
    if (isMapName(name, live)) return name
  }
  return undefined
}

/** A text of this live file as HAProxy can load it; `readMap` gives the map of a name, undefined where it is missing. */
export function loadable(text: string, live: string, readMap: (name: string) => string | undefined): Loadable {
  const name = mapNameIn(text, live)
  const mapText = name && readMap(name)
  const map = name && mapText !== undefined ? { path: join(dirname(live), name), text: mapText as string } : undefined
  return { text, marker: markerIn(text), map }
}

/** Whether text and map are as this program rendered them for this live file, with no edit since. */
export function isIntact({ text, map }: Loadable, live: string): boolean {
  const named = mapNameIn(text, live)
  const mapIntact = named === undefined || map?.path === mapPath(live, sha256(map?.text ?? ''))
  return isGenuine(text) && mapIntact
}
