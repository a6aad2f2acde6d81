import type { Paint } from '../color.js'
import { counted, plain } from '../text.js'
import type { CaseReport, CheckReport, Failure } from './report.js'

/** How a report is shown: with which colours, with all warnings or the first few, and why nobody validated. */
export interface Manner {
  paint: Paint
  verbose: boolean
  because: string | undefined
}

/** The report as lines for a person: each case with what is wrong of it, and the sum. */
export function linesOf({ validated, cases }: CheckReport, manner: Manner): string[] {
  const failed = cases.filter(({ ok }) => !ok).length
  const by = validated === null ? `not validated: ${manner.because}` : `validated by haproxy ${validated}`
  const sum = `${counted(cases.length, 'case')}: ${cases.length - failed} ok, ${failed} failed; ${by}`
  return [...cases.flatMap((one) => linesOfCase(one, manner)), sum]
}

function linesOfCase(one: CaseReport, manner: Manner): string[] {
  const { from, ok, apps, services, servers, failures } = one
  const numbers = [counted(apps ?? 0, 'app'), counted(services ?? 0, 'service'), counted(servers ?? 0, 'server')].join(
    ', ',
  )
  const head = ok
    ? { lead: manner.paint('green', 'ok'), text: `      ${from}: ${numbers}` }
    : { lead: manner.paint('red', 'FAILED'), text: `  ${from}: ${headline(failures)}` }
  const details = detailsOf(failures).map((text) => ({ lead: '  ', text }))
  return [head, ...details, ...warningLines(one, manner)].map(({ lead, text }) => lead + harmless(text))
}

/** A line: what leads it, which may be painted, and its text as it is found. */
interface Line {
  lead: string
  text: string
}

/** What a CI service obeys in a log: GitHub's `::error …` at the start of a line, and `##[…]`, `##vso[…]` and the like anywhere. */
const command = /(?<=^\s*):(?=:)|(?<=#)#(?=\w*\[)/g

/** Nothing that a terminal or a CI service obeys; tabs, which templates are indented with, may stay. */
const harmless = (text: string): string => text.split('\t').map(plain).join('\t').replace(command, '\\$&')

/** What is wrong in a few words, or in all of its own where there are no details. */
function headline(failures: Failure[]): string {
  const number = (kind: Failure['kind']): number => failures.filter((failure) => failure.kind === kind).length
  const said = failures.filter(({ kind }) => kind === 'setup' || kind === 'reply').map(({ message }) => message)
  if (number('template') > 0) said.push('a template is in error')
  if (number('haproxy') > 0) said.push('HAProxy rejects it')
  if (number('expectation') > 0) said.push(`${counted(number('expectation'), 'expectation')} not met`)
  if (number('warning') > 0) said.push(`${counted(number('warning'), 'warning')}, which --strict forbids`)
  return said.join('; ')
}

const mostAlerts = 5

function detailsOf(failures: Failure[]): string[] {
  const of = (kind: Failure['kind']): Failure[] => failures.filter((failure) => failure.kind === kind)
  const alerts = [...byPlace(of('haproxy')).values()]
  const more = alerts.slice(mostAlerts).flat().length
  return [
    ...of('template').flatMap((failure) => placed([failure])),
    ...alerts.slice(0, mostAlerts).flatMap(placed),
    ...(more > 0 ? [`and ${counted(more, 'more alert')} of HAProxy; --json shows them all`] : []),
    ...of('expectation').map(({ message }) => message),
  ]
}

/** One line of a template may be at fault in the sections of all apps. */
function byPlace(alerts: Failure[]): Map<string, Failure[]> {
  const places = new Map<string, Failure[]>()
  for (const alert of alerts) {
    const place = alert.template === undefined ? alert.message : `${alert.template}:${alert.line}`
    places.set(place, [...(places.get(place) ?? []), alert])
  }
  return places
}

/** The place and reason of the first, the line of the template there, and whose section it is. */
function placed([first, ...others]: Failure[]): string[] {
  if (!first) return []
  const { template, line, column, message, source, section, app, port } = first
  const place = [template, line, column].filter((part) => part !== undefined).join(':')
  const owner = [section && `section ${section}`, app && `${app} port ${port}`].filter(Boolean).join(', ')
  const alike = others.length > 0 ? `, and ${counted(others.length, 'alert')} more from that line` : ''
  return [
    place === '' ? message : `${place}: ${message}`,
    ...(source === undefined ? [] : [`    ${source}`]),
    ...(source === undefined || column === undefined ? [] : [`    ${blanksBelow(source, column)}^`]),
    ...(owner === '' ? [] : [`  in ${owner}${alike}`]),
  ]
}

/** A tab stays a tab, so that the caret stands where it should. */
const blanksBelow = (source: string, column: number): string =>
  harmless(source.slice(0, column - 1)).replace(/[^\t]/g, ' ')

const mostWarnings = 20

function warningLines({ warnings }: CaseReport, { paint, verbose }: Manner): Line[] {
  const shown = verbose ? warnings : warnings.slice(0, mostWarnings)
  const more = warnings.length - shown.length
  return [
    ...shown.map((warning) => ({ lead: `  ${paint('yellow', 'warning')}`, text: `: ${warning}` })),
    ...(more > 0 ? [{ lead: '  ', text: `and ${more} more; --verbose shows them all` }] : []),
  ]
}
