import { app } from '../support/apps.js'

const number = (n: number): string => String(n).padStart(4, '0')

/** The n-th host, from 1: in the order of names, as rules and maps have it. */
export const hostName = (n: number): string => `host-${number(n)}.test`

/** The n-th path below the shared host, from 1, in the same order. */
export const pathName = (n: number): string => `/part-${number(n)}`

/** The host that all paths are below. */
export const sharedHost = 'shared.test'

/** The host that has no path, beside the paths of the shared one. */
export const otherHost = 'other.test'

/** So many apps, each with a host and one task, which is the server at this port. */
export const hosts = (count: number, server: number): unknown[] =>
  upTo(count).map((n) => webApp(`/host-${number(n)}`, server, { HAPROXY_0_VHOST: hostName(n) }))

/** So many apps, each with a path of the shared host, and one with the other host; each has the same one task. */
export const pathsOfOneHost = (count: number, server: number): unknown[] => [
  ...upTo(count).map((n) =>
    webApp(`/part-${number(n)}`, server, { HAPROXY_0_VHOST: sharedHost, HAPROXY_0_PATH: pathName(n) }),
  ),
  webApp('/other', server, { HAPROXY_0_VHOST: otherHost }),
]

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

/** Without a service port, so that hosts and paths are all there is. */
const webApp = (id: string, server: number, labels: Record<string, string>): unknown =>
  app(id, { ports: [0], labels, tasks: [{ ports: [server] }] })
