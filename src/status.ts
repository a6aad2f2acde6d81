import type { Running } from './haproxy/running.js'
import type { State } from './live/state.js'
import { counted, unseen } from './text.js'

/** What a monitor is told, in the order of its exit statuses, 0 to 3. */
const levels = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const

/** How well it stands. */
type Level = (typeof levels)[number]

/** What is judged: the state that the last run left, what HAProxy runs, and the live file. Times in ms. */
export interface Found {
  state: State
  lastSuccess: number | undefined
  running: Running
  /** The live file's path, whether there is one, its marker where the program wrote it, and whether it is as the program wrote it. */
  live: string
  isThere: boolean
  marker: string | undefined
  isGenuine: boolean
  maxAge: number
  now: number
}

/** How well it stands, in sentences, with performance data. */
export interface Judgement {
  level: Level
  says: string[]
  measured: string[]
}

/** Judges how well it stands. Whatever is wrong is said, what is critical first. */
export function judge(found: Found): Judgement {
  const critical = [...absenceIn(found), ...pendingIn(found), ...ageIn(found)]
  const warning = [...editIn(found), ...gateIn(found), ...rollbackIn(found), ...quarantineIn(found)]
  const isFailingBadly = found.state.failing?.name === 'reload-pending'
  for (const failing of failingIn(found)) (isFailingBadly ? critical : warning).unshift(failing)
  const level = critical.length > 0 ? 'CRITICAL' : warning.length > 0 ? 'WARNING' : 'OK'
  const says = level === 'OK' ? [wellIn(found)] : [...critical, ...warning]
  return { level, says, measured: measuredIn(found) }
}

/** The judgement where nothing can be judged, with the reason. */
export const unknown = (reason: string): Judgement => ({ level: 'UNKNOWN', says: [reason], measured: [] })

/** One line as a plugin of Nagios prints it, and the exit status. */
export function pluginLine({ level, says, measured }: Judgement): { line: string; status: number } {
  // A bar would end the text, and a second line would be lost.
  const text = says.join('; ').replace(unseen, ' ').replaceAll('|', '/')
  const data = measured.length > 0 ? ` | ${measured.join(' ')}` : ''
  return { line: `${level} - ${text}${data}\n`, status: levels.indexOf(level) }
}

/** Whether nothing is between two states, as it is while a run replaces, reloads and verifies. */
export const isSettled = (found: Found): boolean => found.state.phase !== 'applying' && !runsAnother(found)

const runsAnother = ({ running, isThere, marker }: Found): boolean =>
  isThere && running.state === 'answers' && (marker === undefined || running.marker !== marker)

function absenceIn({ running, live, isThere }: Found): string[] {
  return [
    ...(running.state === 'not-running' ? ['HAProxy does not answer on its stats socket'] : []),
    ...(isThere ? [] : [`the live file ${live} is missing`]),
  ]
}

function pendingIn(found: Found): string[] {
  const { state, running, live, isThere, marker } = found
  if (running.state === 'not-running' || !isThere) return []
  if (running.state === 'answers' && running.marker === undefined && marker === undefined)
    return [`the program wrote neither ${live} nor what HAProxy runs`]
  if (runsAnother(found)) return [`a reload is pending: HAProxy runs something else than ${live}`]
  return state.phase === 'applying' ? [`a reload is pending: the last change of ${live} is not proven`] : []
}

function ageIn({ lastSuccess, maxAge, now }: Found): string[] {
  if (lastSuccess === undefined) return ['no run has succeeded yet']
  if (ageOf(lastSuccess, now) <= maxAge) return []
  return [`the last success was ${whenOf(lastSuccess, now)}${lastSuccess > now ? ': was the clock set back?' : ''}`]
}

/** A success of the future tells as little as one long ago: the clock was set back. */
const ageOf = (time: number, now: number): number => Math.abs(now - time)

const whenOf = (time: number, now: number): string =>
  `${span(ageOf(time, now))} ${time > now ? 'in the future' : 'ago'}`

function failingIn({ state: { failing, failures }, now }: Found): string[] {
  if (!failing) return []
  const { count, since } = failures ?? { count: 1, since: failing.since }
  return [`failing for ${span(ageOf(since, now))} (${failing.name}; ${counted(count, 'run')})`]
}

function editIn(found: Found): string[] {
  const { live, isThere, isGenuine, lastSuccess } = found
  if (!isThere || isGenuine || lastSuccess === undefined || runsAnother(found)) return []
  return [`${live} is not as the program wrote it`]
}

function gateIn({ state: { gateSince }, now }: Found): string[] {
  if (gateSince === undefined) return []
  return [`the safety gate has held back a loss of servers for ${span(ageOf(gateSince, now))}`]
}

function rollbackIn({ state: { rollback }, now }: Found): string[] {
  if (!rollback) return []
  return [`the last change failed ${whenOf(rollback.at, now)} (${counted(rollback.attempts, 'attempt')})`]
}

const mostApps = 3

function quarantineIn({ state }: Found): string[] {
  const services = Object.values(state.quarantine)
  const apps = [...new Set(services.map(({ appId }) => appId))].sort()
  if (apps.length === 0) return []
  const more = apps.length > mostApps ? ` and ${apps.length - mostApps} more` : ''
  return [`${counted(services.length, 'service')} in quarantine: ${apps.slice(0, mostApps).join(', ')}${more}`]
}

function wellIn({ running, live, lastSuccess = 0, now }: Found): string {
  const said = `what Marathon said ${whenOf(lastSuccess, now)}`
  return running.state === 'answers'
    ? `HAProxy runs ${said}`
    : `${live} holds ${said}; unverified whether HAProxy runs it`
}

/** `name=value[unit];warn;crit;min`; a threshold is the highest value that is well. */
function measuredIn({ state, lastSuccess, maxAge, now }: Found): string[] {
  const age = lastSuccess === undefined ? 'U' : `${Math.round(ageOf(lastSuccess, now) / 1000)}s`
  return [
    `age=${age};;${maxAge / 1000};0`,
    `failures=${state.failures?.count ?? 0};0;;0`,
    `quarantined=${Object.keys(state.quarantine).length};0;;0`,
    `warnings=${state.warnings.length};;;0`,
  ]
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
