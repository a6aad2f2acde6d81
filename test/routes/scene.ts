import { settleConflicts } from '../../src/marathon/conflicts.js'
import { mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { type App, readApps } from '../../src/marathon/reply.js'
import { placeServers } from '../../src/marathon/servers.js'
import { type Rules, servicesOf } from '../../src/marathon/services.js'
import { explain } from '../../src/routes/explanation.js'
import type { Scene } from '../../src/routes/port.js'
import { reportOf } from '../../src/routes/report.js'
import { type AppSpec, app } from '../support/apps.js'
import { everything } from '../support/rules.js'

/** What becomes of these apps: agents are 192.0.2.1, or have no address where their name is `lost`; port 80 is the http frontend's. */
export function sceneOf(apps: unknown[], rules: Partial<Rules> = {}): Scene {
  const read = readApps({ apps }, true)
  const all = { ...everything, ...rules }
  const labelled = servicesOf(read.apps, all)
  const hosts = labelled.services.flatMap(({ servers }) => servers.map(({ host }) => host))
  const addresses = hosts
    .filter((host) => host !== 'lost')
    .map((host) => [host, host.includes('agent') ? '192.0.2.1' : host] as const)
  const placed = placeServers(labelled.services, new Map(addresses))
  const settled = settleConflicts(mergeDeployments(placed.services), new Map([[80, 'http']]))
  const findings = [...read.findings, ...labelled.findings, ...settled.findings, ...placed.findings]
  const routed = { apps: read.apps, services: settled.services, findings }
  return { ...routed, report: reportOf('http://marathon.test', routed, all.byAppId), host: all }
}

/** The app of this id. */
export function appIn({ apps }: Pick<Scene, 'apps'>, id: string): App {
  const app = apps.find((one) => one.id === id)
  if (!app) throw new Error(`the scene has no app ${id}`)
  return app
}

/** The explanation of an app without colours, blanks counted once. */
export const explained = (scene: Scene, id: string): string[] =>
  explain(appIn(scene, id), scene, undefined, (_, text) => text).map((line) => line.trim().replace(/ {2,}/g, ' | '))

/** What is said of one thing after another of this kind in the explanation of one app, `/web`. */
export const saidOf = (about: string, spec: AppSpec, rules: Partial<Rules> = {}): string[] =>
  explained(sceneOf([app('/web', spec)], rules), '/web')
    .filter((line) => line.startsWith(`${about} | `))
    .map((line) => line.slice(about.length + 3))

/** The same of the one thing of this kind. */
export const said = (about: string, spec: AppSpec, rules: Partial<Rules> = {}): string =>
  saidOf(about, spec, rules).join('; ')
