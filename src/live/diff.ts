import { serversIn, withoutPasswords } from '../haproxy/config-text.js'
import type { Change } from '../outcome.js'

/** What a change does to services (backends) and servers, by name, counted. */
export interface Summary {
  services: { added: string[]; removed: string[] }
  servers: { added: number; removed: number; changed: number }
}

/** Beyond about a thousand changed lines the search for the shortest difference would take longer than the run. */
const maxEditLength = 2000

/**
 * The unified difference with three lines of context, passwords masked, as `patch` takes it; undefined where it is too large to be
 * worked out. The library is loaded here, since most runs have no difference.
 */
export async function unifiedDiff({ live, before, after }: Change): Promise<string | undefined> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff')
  const options = { context: 3, maxEditLength, headerOptions: FILE_HEADERS_ONLY }
  const patch: string | undefined = createTwoFilesPatch(live, live, before, after, '', 'rendered', options)
  return patch && withoutPasswords(patch)
}

/** Counts what a change does, from the `server` lines of both texts. */
export function summarize({ before, after }: Change): Summary {
  const old = linesByName(before)
  const now = linesByName(after)
  const added = [...now.keys()].filter((name) => !old.has(name))
  const removed = [...old.keys()].filter((name) => !now.has(name))
  const changed = [...now].filter(([name, line]) => old.has(name) && old.get(name) !== line)
  const [oldServices, nowServices] = [sectionsOf(before), sectionsOf(after)]
  return {
    services: {
      added: [...nowServices].filter((name) => !oldServices.has(name)),
      removed: [...oldServices].filter((name) => !nowServices.has(name)),
    },
    servers: { added: added.length, removed: removed.length, changed: changed.length },
  }
}

const linesByName = (text: string): Map<string, string> =>
  new Map(serversIn(text).map(({ section, name, line }) => [`${section} ${name}`, line]))

const sectionsOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/^(?:backend|listen)[ \t]+(\S+)/gm)].map((match) => match[1] ?? ''))
