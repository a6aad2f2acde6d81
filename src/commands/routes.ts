import { type Paint, painter } from '../color.js'
import { type Asked, ownOption } from '../command-line.js'
import { commandSpecs } from '../command-table.js'
import type { Draft } from '../compose.js'
import { UpdaterError } from '../errors.js'
import { readLive, replaceFile } from '../live/files.js'
import { openMemory, type State } from '../live/state.js'
import { lookAt } from '../look.js'
import { warningsIn } from '../marathon/findings.js'
import type { App } from '../marathon/reply.js'
import { type Options, readOptions } from '../options.js'
import { draftOf } from '../preview.js'
import { appNamed, reportOn } from '../routes/app.js'
import { explain } from '../routes/explanation.js'
import { overviewOf, titled } from '../routes/overview.js'
import { pageOf } from '../routes/page.js'
import { type RoutesReport, reportOf } from '../routes/report.js'
import { jsonOf } from '../text.js'
import type { Printed } from './printed.js'

/**
 * What is routed where, and what is left out: a table, or the explanation of the one app that is named; with `--json` the report,
 * with `--html` a page in that file. Throws what asking and rendering throw, `usage` for an app that is not there, `cannot-write`.
 */
export async function routes({ argument, own, flags }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  const html = ownOption(commandSpecs.routes.options.html, own['html'])
  const live = readLive(options.haproxyConfig, true).path
  const lastRun = recallLastRun(options, live)
  const { from, draft } = await draftOf(options, live, lastRun)
  const app = argument === undefined ? undefined : appNamed(argument, draft.apps, from)
  const whole = reportOf(from, draft, options.appIdPort !== undefined)
  const report = app ? reportOn(app, whole, draft) : whole
  if (html !== undefined) return drawInto(html, report)
  if (options.json) return { stdout: jsonOf(report, 2), lines: [], status: 0 }
  const found = new Set(warningsIn(draft.findings))
  const lastSaid = lastRun.warnings.filter((warning) => !found.has(warning))
  const lines = app ? linesOn(app, { draft, report, lastSaid, options }) : linesOf({ draft, report, lastSaid, options })
  return { stdout: `${lines.join('\n')}\n`, lines: [], status: 0 }
}

type Remembered = Pick<State, 'quarantine' | 'addresses' | 'warnings'>

/** What the last run remembered, where that may be read and is of this live file. */
function recallLastRun({ stateDir }: Options, live: string): Remembered {
  try {
    return openMemory(stateDir, live, true).state
  } catch {
    return { quarantine: {}, addresses: {}, warnings: [] }
  }
}

async function drawInto(path: string, report: RoutesReport): Promise<Printed> {
  // A slip such as /dev/null must not be replaced by a file.
  if (lookAt(path)?.isFile() === false)
    throw new UpdaterError('cannot-write', `cannot write the page ${path}: it is not a regular file; see --html`)
  replaceFile(path, pageOf(report))
  return { stdout: '', lines: [`the page is ${path}`], status: 0 }
}

interface Told {
  draft: Draft
  report: RoutesReport
  /** What the last run warned of and is not found today. */
  lastSaid: string[]
  options: Options
}

function linesOf({ draft, report, lastSaid, options }: Told): string[] {
  // A terminal that does not know its width says 0.
  const width = process.stdout.isTTY ? process.stdout.columns || undefined : undefined
  return overviewOf({ report, apps: draft.apps.length, lastSaid }, width, paintOf(options))
}

function linesOn(app: App, { draft, report, lastSaid, options }: Told): string[] {
  const { trustLabels, sslCert = [] } = options
  const paint = paintOf(options)
  const ofApp = lastSaid.filter((warning) => warning.startsWith(`${app.id} `))
  const explanation = explain(app, { ...draft, report, host: { trustLabels, certificates: sslCert } }, paint)
  return ofApp.length > 0 ? [...explanation, '', ...titled('the last run also said:', ofApp, paint)] : explanation
}

const paintOf = ({ color }: Options): Paint => painter(color, process.stdout.isTTY === true)
