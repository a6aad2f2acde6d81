import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import nunjucks from 'nunjucks'
import { packagedTemplates } from '../packaged.js'
import { endpointText } from '../render/names.js'
import { plain } from '../text.js'
import type { RoutedService, RoutesReport } from './report.js'

const folder = join(packagedTemplates, 'routes')

/**
 * A report drawn as one HTML page that loads nothing: entrances, the services they lead to and their servers. Every text of the report
 * is text in it; only the page's own style and script are let work, by their hashes.
 */
export function pageOf(report: RoutesReport): string {
  const { answered, services, leftOut } = legible(report)
  const loader = new nunjucks.FileSystemLoader(folder)
  const rules = { autoescape: true, throwOnUndefined: true, trimBlocks: true, lstripBlocks: true }
  const environment = new nunjucks.Environment(loader, rules)
  environment.addFilter('search', (text: string) => `#${new URLSearchParams({ q: text })}`)
  environment.addGlobal('row', 30) // pixels
  environment.addFilter('sha256', (text: string) => createHash('sha256').update(text).digest('base64'))
  const style = environment.render('page.css.njk')
  const script = readFileSync(join(folder, 'page.js'), 'utf8')
  const rows = services.map(rowOf)
  return environment.render('page.html.njk', { answered, rows, ...countsOf(rows), leftOut, style, script })
}

/** The report with signs that are not seen, or that turn the text around them, spelled out. */
const legible = (report: RoutesReport): RoutesReport =>
  JSON.parse(JSON.stringify(report), (_, value) => (typeof value === 'string' ? plain(value) : value))

/** A service with what leads to it, and with the states that it can be found by: its own and those of its servers. */
function rowOf(service: RoutedService) {
  const servers = service.servers.map((server) => ({
    ...server,
    endpoint: endpointText(server.address, server.port),
    states: server.draining ? [server.health, 'draining'] : [server.health],
  }))
  const states = new Set(servers.length > 0 ? servers.flatMap((server) => server.states) : ['no-server'])
  if (['no-server', 'unhealthy', 'unknown'].some((state) => states.has(state))) states.add('trouble')
  return { ...service, entrances: entrancesOf(service), servers, states: [...states] }
}

const entrancesOf = ({ routes, listener, byAppId, app }: RoutedService) => [
  ...routes.map(({ host, path }) => ({ kind: '', name: host, path })),
  ...(listener === null ? [] : [{ kind: 'service port', name: listener, path: '' }]),
  ...(byAppId ? [{ kind: 'app id', name: app, path: '' }] : []),
]

/** How many there are of everything; in the legend, how many services or servers are in each state. */
function countsOf(rows: ReturnType<typeof rowOf>[]) {
  const servers = rows.flatMap((row) => row.servers)
  const count = (things: { states: string[] }[], states: string[]) =>
    states.map((state) => [state, things.filter((thing) => thing.states.includes(state)).length])
  const ofServers = count(servers, ['unhealthy', 'unknown', 'healthy', 'unchecked', 'draining'])
  return {
    entrances: rows.flatMap((row) => row.entrances).length,
    servers: servers.length,
    legend: [...count(rows, ['trouble', 'no-server']), ...ofServers],
  }
}
