import { UpdaterError } from '../errors.js'
import { portsOf } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import { didYouMean } from '../option-values.js'
import { type Routed, servingOf } from './deployment.js'
import type { RoutesReport } from './report.js'

/** The app of this id, its first slash given or not. Throws `usage` and names the nearest where there is none. */
export function appNamed(name: string, apps: App[], answered: string): App {
  const wanted = `/${name.replace(/^\/|\/$/g, '')}`
  const app = apps.find(({ id }) => id === wanted)
  if (app) return app
  const ids = apps.map(({ id }) => id)
  throw new UpdaterError(
    'usage',
    `${answered} lists no app ${wanted}${didYouMean(wanted, ids)}; routes without an app shows them all`,
  )
}

/** The part of a report that is about one app: the services that serve its ports, and what is left out of it. */
export function reportOn(app: App, report: RoutesReport, routed: Routed): RoutesReport {
  const serving = new Set(portsOf(app).map(({ index }) => servingOf(app, index, routed).service?.backend))
  return {
    ...report,
    services: report.services.filter(({ backend }) => serving.has(backend)),
    leftOut: report.leftOut.filter((one) => one.app === app.id),
  }
}
