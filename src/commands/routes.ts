import { painter } from '../color.js'
import { type Asked, ownOption } from '../command-line.js'
import { commandSpecs } from '../command-table.js'
import type { Draft } from '../compose.js'
import { UpdaterError } from '../errors.js'
import { jsonFailure } from '../json-failure.js'
import { readLive, replaceFile } from '../live/files.js'
import { openMemory, type State } from '../live/state.js'
import { lookAt } from '../look.js'
import { warningsIn } from '../marathon/findings.js'
import type { App } from '../marathon/reply.js'
import { type Options, readOptions } from '../options.js'
import { refuseOwnFile } from '../own-files.js'
import { draftOf } from '../preview.js'
import { appNamed, reportOn } from '../routes/app.js'
import { explain } from '../routes/explanation.js'
import { overviewOf, titled } from '../routes/overview.js'
import { pageOf } from '../routes/page.js'
import { type RoutesReport, reportOf } from '../routes/report.js'
import { jsonOf } from '../text.js'
import type { Printed } from './printed.js'

/**
 * What is routed where, and what is left out: a table, or the explanation of the one app that is named; with `--json` the report, or an
 * object that tells the failure; with `--html` a page in that file, or to print where that is `-`. Throws what asking and rendering throw,
 * `usage` for an app that is not there and for a file of the program's own, and `cannot-write`.
 */
export async function routes({ argument, own, flags }: Asked): Promise<Printed> {
  const options = readOptions(flags, process.env)
  const page = pageFile(own['html'], flags, options)
  const found = find(argument, options)
  if (page !== undefined) return draw(page, (await found).report)
  if (options.json) return found.then(({ report }) => printed(jsonOf(report, 2)), jsonFailure)
  return printed(`${linesOf(await found, options).join('\n')}\n`)
}

const printed = (stdout: string): Printed => ({ stdout, lines: [], status: 0 })

/** Where the page is to be drawn, `-` for standard output; undefined where none is wanted. */
function pageFile(html: unknown, flags: Asked['flags'], options: Options): string | undefined {
  if (html !== undefined && flags['json'] !== undefined)
    throw new UpdaterError('usage', '--html and --json are two forms of one report; give one of them')
  const path = html === '-' ? html : ownOption(commandSpecs.routes.options.html, html)
  if (path === undefined || path === '-') return path
  refuseOwnFile(path, '--html', options)
  // A slip such as /dev/null must not be replaced by a file.
  if (lookAt(path)?.isFile() === false)
    throw new UpdaterError('cannot-write', `cannot write the page ${path}: it is not a regular file; see --html`)
  return path
}

/** What there is to tell, of all apps or of one. */
interface Found {
  app: App | undefined
  draft: Draft
  report: RoutesReport
  /** What the last run warned of and is not found today. */
  lastSaid: string[]
}

async function find(argument: string | undefined, options: Options): Promise<Found> {
  const live = readLive(options.haproxyConfig, true).path
  const lastRun = recallLastRun(options, live)
  const { from, draft } = await draftOf(options, live, lastRun)
  const app = argument === undefined ? undefined : appNamed(argument, draft.apps, from)
  const whole = reportOf(from, draft, options.appIdPort !== undefined)
  const known = new Set(warningsIn(draft.findings))
  const lastSaid = lastRun.warnings.filter((warning) => !known.has(warning))
  return { app, draft, report: app ? reportOn(app, whole, draft) : whole, lastSaid }
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

function draw(path: string, report: RoutesReport): Printed {
  const page = pageOf(report)
  if (path === '-') return printed(page)
  replaceFile(path, page)
  return { stdout: '', lines: [`the page is ${path}`], status: 0 }
}

function linesOf({ app, draft, report, lastSaid }: Found, options: Options): string[] {
  const { color, trustLabels, sslCert = [] } = options
  const paint = painter(color, process.stdout.isTTY === true)
  // A terminal that does not know its width says 0.
  const width = process.stdout.isTTY ? process.stdout.columns || undefined : undefined
  if (!app) return overviewOf({ report, apps: draft.apps.length, lastSaid }, width, paint)
  const explanation = explain(app, { ...draft, report, host: { trustLabels, certificates: sslCert } }, width, paint)
  const ofApp = titled(
    'the last run also said:',
    lastSaid.filter((warning) => warning.startsWith(`${app.id} `)),
    width,
    paint,
  )
  return ofApp.length > 0 ? [...explanation, '', ...ofApp] : explanation
}
