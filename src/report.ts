import { type ExitName, UpdaterError } from './errors.js'
import type { Summary } from './live/diff.js'
import type { State } from './live/state.js'
import type { Outcome } from './outcome.js'
import { counted } from './text.js'

/** How a run ended badly. */
export interface Failure {
  kind: 'failed'
  exit: ExitName
  message: string
  /** What is wrong beside that; whatever else was warned of stands as it did. */
  warnings: string[]
  /** Of no interest but to a person. */
  isTrifle?: boolean
}

/** A person's mistake or a fault of the surroundings has a name; whatever else is thrown is a bug, and shows its stack. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UpdaterError) return { kind: 'failed', exit: error.exit, message: error.message, warnings: [] }
  const stack = error instanceof Error ? error.stack : String(error)
  return { kind: 'failed', exit: 'internal', message: `this is a bug, please report it: ${stack}`, warnings: [] }
}

/** The name of the exit status that a run ends with. */
export function exitOf(result: Outcome | Failure): ExitName {
  if (result.kind === 'failed') return result.exit
  if (result.kind === 'pending') return result.refusal === undefined ? 'pending' : 'unsafe'
  return 'ok'
}

/** What earlier runs told already: a failure that lasts, and the warnings that stand. */
export type Told = Pick<State, 'failing' | 'warnings'>

/** To whom and how much is told. `loud`: a terminal or --verbose, which are told everything. */
export interface Manners {
  loud: boolean
  quiet: boolean
  now: number
}

const anHour = 60 * 60_000
const mostWarnings = 20

/** The lines for standard error, and what is told from now on. A run that changed nothing and has nothing new to say gives none. */
export function report(
  result: Outcome | Failure,
  summary: Summary | undefined,
  told: Told,
  manners: Manners,
): { lines: string[]; told: Told } {
  if (result.kind === 'failed') return reportFailure(result, told, manners)
  const over = told.failing
    ? [`it is over: ${told.failing.name}, which had lasted ${ago(told.failing.since, manners.now)}`]
    : []
  const lines = [
    ...over,
    ...result.notes,
    ...warningLines(result.warnings, told.warnings, manners),
    ...resultLines(result, summary, manners),
  ]
  return { lines, told: { failing: undefined, warnings: result.warnings } }
}

/** How many runs failed in a row, and since when: one more, or none. `now` is in ms since 1970. */
export function failuresAfter(result: Outcome | Failure, { failures, failing }: State, now: number): State['failures'] {
  if (result.kind !== 'failed') return undefined
  return { count: (failures?.count ?? 0) + 1, since: failures?.since ?? failing?.since ?? now }
}

/** The same failure is told again only once an hour. */
function reportFailure(
  { exit, message, warnings, isTrifle = false }: Failure,
  told: Told,
  { loud, now }: Manners,
): { lines: string[]; told: Told } {
  const before = told.failing?.name === exit ? told.failing : undefined
  const tell = loud || (!isTrifle && (!before || Math.abs(now - before.told) >= anHour))
  const since = before ? ` (for ${ago(before.since, now)})` : ''
  const failing = { name: exit, since: before?.since ?? now, told: tell ? now : (before?.told ?? now) }
  const fresh = warnings.filter((warning) => !told.warnings.includes(warning))
  const lines = [
    ...(tell ? [`error[${exit}]: ${message}${since}`] : []),
    ...(loud ? warnings : fresh).map((warning) => `warning: ${warning}`),
  ]
  return { lines, told: { warnings: [...told.warnings, ...fresh], failing } }
}

/** A warning is told when it appears and when it goes. */
function warningLines(warnings: string[], before: string[], { loud }: Manners): string[] {
  const [known, standing] = [new Set(before), new Set(warnings)]
  const fresh = loud ? warnings : warnings.filter((warning) => !known.has(warning))
  const gone = before.filter((warning) => !standing.has(warning))
  const lines = [...fresh.map((warning) => `warning: ${warning}`), ...gone.map((warning) => `no longer: ${warning}`)]
  const more = lines.length - mostWarnings
  return more > 0 ? [...lines.slice(0, mostWarnings), `warning: and ${more} more; --verbose shows them all`] : lines
}

function resultLines(outcome: Outcome, summary: Summary | undefined, { loud, quiet }: Manners): string[] {
  if (outcome.kind === 'unchanged') return loud ? [`up to date (${proofs[outcome.proof]})`] : []
  const { live } = outcome.change
  const what = summary ? summaryText(summary) : 'no server'
  if (outcome.kind === 'pending') {
    const refusal = outcome.refusal ? [`error[unsafe]: ${outcome.refusal}`] : []
    return [`${live} would change: ${what}${outcome.reload ? '; HAProxy would be reloaded' : ''}`, ...refusal]
  }
  const seconds = (outcome.took / 1000).toFixed(1)
  return quiet && !loud ? [] : [`updated ${live}: ${what}; ${proofs[outcome.proof]} after ${seconds} s`]
}

const proofs = {
  verified: 'HAProxy runs it',
  unverified: 'not verified that HAProxy runs it',
  'not-reloaded': 'HAProxy was not reloaded',
}

/** `+3 -1 servers, +1 service (shop_web_0)`; equal texts give "nothing but a reload". */
export function summaryText({ services, servers }: Summary): string {
  const changes = [
    [servers.added, '+', 'server'],
    [servers.removed, '-', 'server'],
    [servers.changed, '~', 'server'],
    [services.added.length, '+', 'service'],
    [services.removed.length, '-', 'service'],
  ] as const
  const parts = changes.flatMap(([count, sign, thing]) => (count ? [sign + counted(count, thing)] : []))
  const names = [...services.added, ...services.removed]
  const named = names.length > 0 && names.length <= 5 ? ` (${names.join(', ')})` : ''
  return parts.length > 0 ? parts.join(', ') + named : 'no server or service differs'
}

function ago(since: number, now: number): string {
  const minutes = Math.round((now - since) / 60_000)
  return minutes < 1 ? 'less than a minute' : minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
