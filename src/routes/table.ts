import type { Paint, Style } from '../color.js'
import { endpointText } from '../render/names.js'
import { type Cell, type Column, layOut } from './layout.js'
import type { RoutedServer, RoutedService } from './report.js'

const columns: Column[] = [
  { title: 'FROM', shrinks: true },
  { title: 'APP', shrinks: true },
  { title: 'PORT', shrinks: false },
  { title: 'SERVER', shrinks: true },
  { title: 'HEALTH', shrinks: false },
]

/**
 * The services as the lines of a table, one block for each: the ways in, one below the other, beside its servers. At a terminal of
 * this `width` lines are made to fit; elsewhere (undefined) they are as long as they are, and each names its app, for grep(1).
 */
export function tableOf(services: RoutedService[], width: number | undefined, paint: Paint): string[] {
  if (services.length === 0) return []
  const rows = services.flatMap((service) => blockOf(service, width === undefined))
  return layOut(columns, rows, width, paint)
}

function blockOf(service: RoutedService, namesAll: boolean): Cell[][] {
  const ways = waysInto(service)
  const servers = service.servers.length > 0 ? service.servers.map(serverCells) : [[{ text: 'none', style: red }]]
  return Array.from({ length: Math.max(ways.length, servers.length) }, (_, line) => {
    const named = line === 0 || namesAll
    return [
      ways[line] ?? nothing,
      { text: named ? service.app : '' },
      { text: named ? `${service.port}` : '' },
      ...(servers[line] ?? [nothing, nothing]),
    ]
  })
}

const red: Style = 'red'
const nothing: Cell = { text: '' }

/** Hosts with their paths, the service port with its mode, and the header that names the app. */
function waysInto({ app, routes, listener, mode, byAppId }: RoutedService): Cell[] {
  const ways = [
    ...routes.map(({ host, path }) => host + path),
    ...(listener === null ? [] : [`${listener} ${mode}`]),
    ...(byAppId ? [`X-Marathon-App-Id: ${app}`] : []),
  ]
  return ways.length > 0 ? ways.map((text) => ({ text })) : [{ text: 'nowhere', style: red }]
}

const serverCells = (server: RoutedServer): Cell[] => [
  { text: endpointText(server.host, server.port) },
  { text: healthText(server).replace('unchecked', '-'), style: healthStyle[server.health] },
]

/** The colour of each health. */
export const healthStyle: Record<RoutedServer['health'], Style | undefined> = {
  healthy: 'green',
  unhealthy: 'red',
  unknown: 'yellow',
  unchecked: undefined,
}

/** What is known of a server's health, and whether it is drained. */
export const healthText = ({ health, draining }: RoutedServer): string => (draining ? `${health}, draining` : health)
