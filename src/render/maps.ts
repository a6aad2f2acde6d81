import { basename, dirname, join } from 'node:path'
import { isGenuine, markerIn, sha256 } from './marker.js'

/** What the keys of a map are: host names, paths below host names, or app ids. */
export type MapKind = 'hosts' | 'paths' | 'apps'

/** A map file of HAProxy: absolute path and text. */
export interface MapFile {
  path: string
  text: string
}

/** A configuration that a HAProxy can load: its text, the marker in it (undefined: not ours), and the maps that it names. */
export interface Loadable {
  text: string
  marker: string | undefined
  maps: MapFile[]
}

const hashLetters = 12

/** The path of a live file's map with this text: beside the live file, named by its content. */
export function mapPath(live: string, kind: MapKind, text: string): string {
  return join(dirname(live), `${basename(live)}-${kind}-${sha256(text).slice(0, hashLetters)}.map`)
}

const afterBase = /^-(hosts|paths|apps)-[0-9a-f]{12}\.map/

/** Whether this is the name of a map of this live file, and of no other in its directory. */
export function isMapName(name: string, live: string): boolean {
  const rest = name.startsWith(basename(live)) ? name.slice(basename(live).length) : ''
  return afterBase.exec(rest)?.[0] === rest && rest !== ''
}

const mapsMark = '# haproxy-updater maps: '

/** The line by which a text says which maps it names: the rest of it may hold anything that an app can write. */
export function mapsLine(maps: MapFile[]): string {
  return maps.length > 0 ? `${mapsMark}${maps.map(({ path }) => basename(path)).join('/')}\n` : ''
}

/** The names of the maps that a text of this live file names, by its own line. */
export function mapNamesIn(text: string, live: string): string[] {
  const line = text.split('\n').findLast((one) => one.startsWith(mapsMark)) ?? ''
  return line
    .slice(mapsMark.length)
    .split('/')
    .filter((name) => isMapName(name, live))
}

/** A text of this live file as HAProxy can load it; `readMap` gives the map of a name, undefined where it is missing. */
export function loadable(text: string, live: string, readMap: (name: string) => string | undefined): Loadable {
  const maps = mapNamesIn(text, live).flatMap((name) => {
    const mapText = readMap(name)
    return mapText === undefined ? [] : [{ path: join(dirname(live), name), text: mapText }]
  })
  return { text, marker: markerIn(text), maps }
}

/** Whether text and maps are as this program rendered them for this live file, with no edit since. */
export function isIntact({ text, maps }: Loadable, live: string): boolean {
  const isWhole = (name: string): boolean => {
    const map = maps.find(({ path }) => basename(path) === name)
    return map !== undefined && name.endsWith(`-${sha256(map.text).slice(0, hashLetters)}.map`)
  }
  return isGenuine(text) && mapNamesIn(text, live).every(isWhole)
}
