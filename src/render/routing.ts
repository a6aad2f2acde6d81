import type { Route, Service } from '../marathon/services.js'

/** The texts of the maps that lead requests to backends, undefined where there is nothing in them, and how long their paths are. */
export interface Routing {
  hosts: string | undefined
  paths: string | undefined
  apps: string | undefined
  /** Bytes of the longest key's path, with a slash after it. */
  pathBytes: number
}

/**
 * The routes of these services (of which no two are the same, and none lies below a heavier one) as lines `key value` of maps: whole
 * hosts by name, paths by `host/path/`, of which the longest that begins a request counts, and app ids, in small letters, with the
 * first http service of each app.
 */
export function routingOf(services: Service[], byAppId: boolean): Routing {
  const hosts: string[] = []
  const paths: string[] = []
  const apps = new Map<string, string>()
  let pathBytes = 0
  for (const { backend, appId, mode, routes } of services) {
    for (const { host, path } of routes) {
      if (path === '') {
        hosts.push(`${routeLine({ host, path }, backend)}\n`)
      } else {
        paths.push(`${routeLine({ host, path }, backend)}\n`)
        pathBytes = Math.max(pathBytes, path.length + 1)
      }
    }
    const id = appId.toLowerCase()
    if (byAppId && mode === 'http' && !apps.has(id)) apps.set(id, `${id} ${backend}\n`)
  }
  return { hosts: sorted(hosts), paths: sorted(paths), apps: sorted([...apps.values()]), pathBytes }
}

/** The line of a map that leads a host, or a path below it, to a backend. */
export const routeLine = ({ host, path }: Pick<Route, 'host' | 'path'>, backend: string): string =>
  `${host}${path && `${path}/`} ${backend}`

const sorted = (lines: string[]): string | undefined => (lines.length > 0 ? lines.sort().join('') : undefined)
