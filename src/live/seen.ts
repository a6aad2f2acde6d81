import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Account } from '../account.js'
import { isRecord } from '../marathon/json.js'
import type { Options } from '../options.js'
import { packagedTemplates } from '../packaged.js'
import type { Configuration } from '../render/configuration.js'
import { markerIn } from '../render/marker.js'
import type { Sources } from '../render/template-loader.js'
import { builtAt, version } from '../version.js'
import { type LiveFile, readIfAllowed, replaceFile } from './files.js'
import { privateFile } from './state.js'

/**
 * What a run saw that found the live configuration to be the right one, and what it had to say of it. A run that sees the same finds
 * the same, so it need not render. Of use only where nothing but this and what `seal` covers had a part in the configuration.
 */
export interface Seen {
  /** When it was rendered, in ms since 1970. */
  at: number
  /** The fingerprint of Marathon's reply. */
  reply: string
  /** The addresses of the agents that have names. */
  addresses: Record<string, string>
  account: Pick<Account, 'counts' | 'leftOut' | 'warnings'>
}

/** What was seen last, and the configuration that is live since. */
export interface LastSeen {
  seen: Seen
  configuration: Configuration
}

/** What the seal covers besides: all else on this host that a configuration is made from. */
export interface Ground {
  options: Options
  live: LiveFile
}

const fileName = 'seen.json'

/** Every now and then a configuration is rendered all the same, so that nothing that was not thought of stays wrong for long. */
const longest = 15 * 60_000

/**
 * What the last such run saw, with the configuration that is live, as long as nothing on this host has changed since; undefined where
 * something has, or may have.
 */
export function lastSeen(stateDir: string, ground: Ground, now: number): LastSeen | undefined {
  const stored = parseSeen(readIfAllowed(join(stateDir, fileName)) ?? '')
  const { text } = ground.live
  if (!stored || text === undefined || !(stored.at <= now && now - stored.at < longest)) return undefined
  const { seal, maps, templates, ...seen } = stored
  const configuration = { text, marker: markerIn(text) ?? '', maps: mapsNamed(maps, ground.live) }
  const sources: Sources = new Map(templates.map((name) => [name, sourceOf(name, ground.options)]))
  return seal === sealOf(seen, configuration, sources, ground) ? { seen, configuration } : undefined
}

/** Remembers what a run saw that found this configuration, made by these templates, to be live. Throws `cannot-write`. */
export function keepSeen(stateDir: string, { seen, configuration }: LastSeen, sources: Sources, ground: Ground): void {
  const maps = configuration.maps.map(({ path }) => basename(path))
  const seal = sealOf(seen, configuration, sources, ground)
  const stored: Stored = { ...seen, maps, templates: [...sources.keys()], seal }
  replaceFile(join(stateDir, fileName), `${JSON.stringify(stored)}\n`, privateFile(), false)
}

type Stored = Seen & { maps: string[]; templates: string[]; seal: string }

/** Only what is needed to look at the seal: that stands for the rest. */
function parseSeen(text: string): Stored | undefined {
  try {
    const stored: unknown = JSON.parse(text)
    const isWhole = isRecord(stored) && [stored['maps'], stored['templates']].every(isTexts)
    return isWhole ? (stored as unknown as Stored) : undefined
  } catch {
    return undefined
  }
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')

const mapsNamed = (names: string[], { path }: LiveFile) =>
  names.map((name) => {
    const file = join(dirname(path), basename(name))
    return { path: file, text: readIfAllowed(file) ?? '' }
  })

function sealOf(seen: Seen, { text, maps }: Configuration, sources: Sources, { options, live }: Ground): string {
  const program = [version, builtAt(), process.version, packagedTemplates]
  const templates = [...sources].map(([name, source]) => [name, source ?? null])
  const covered = [seen, program, options, isFolder(options.templates), templates, live.path, maps]
  return createHash('sha256').update(JSON.stringify(covered)).update(Buffer.from(text)).digest('hex')
}

/** What a template says now, as the loader finds it: a name may be absolute, as nunjucks makes those that begin with ./ */
function sourceOf(name: string, { templates }: Options): string | undefined {
  const folders = templates === undefined ? [packagedTemplates] : [templates, packagedTemplates]
  const path = folders.map((folder) => resolve(folder, name)).find(existsSync)
  return path === undefined ? undefined : readIfAllowed(path)
}

const isFolder = (path: string | undefined): boolean =>
  path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
