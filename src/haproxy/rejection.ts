import type { Service } from '../marathon/services.js'
import { userlistName } from '../render/names.js'
import { escapeRegex } from '../render/quote.js'
import { lastSectionIn, withoutPasswords } from './config-text.js'

/**
 * What HAProxy rejected: its own first message, the line that it names with the keyword of the section it stands in, and that
 * section's name. `at`: the number of that line (from 1), or of the one where the section begins that it calls by its name alone.
 */
export interface Rejection {
  message: string
  at: number | undefined
  line: string | undefined
  section: string | undefined
  name: string | undefined
}

/** Where HAProxy says that a line is: `[file:line]` or `(file:line)`, with the absolute path of the file. */
const place = /[[(]\/[^[\]()\s]+:(\d+)[\])]/

/** How it names another line in a sentence; the private file that it reads is always called so. */
const otherPlace = /(?:\/[^\s/'"()[\]]+)*\/haproxy\.cfg:(\d+)/g

/** What a line of the text is called in a message, by its number (from 1); undefined: by that. */
export type NameOfLine = (line: number) => string | undefined

/** Reads the words of `haproxy -c` on a text (haproxy §3), with names in them for the lines of its private file. */
export function readRejection(output: string, text: string, nameOf: NameOfLine = () => undefined): Rejection {
  const alert = output.split('\n').find((line) => line.startsWith('[ALERT]')) ?? output.split('\n')[0] ?? ''
  const message = alert
    .replace(/^\[ALERT\]\s*(\d+\/\d+ )?\(\d+\) : (config : )?/, '')
    .replace(/^(error detected while )?parsing \[[^\]]*\]\s*:\s*/i, '')
    .replaceAll(new RegExp(`\\s*(\\bat )?${place.source}`, 'g'), '')
    .replaceAll(otherPlace, (_, line) => nameOf(Number(line)) ?? `line ${line} of the rendered text`)
    .trim()
  return { message, ...sectionOf(alert, text.split('\n')) }
}

/** The section that an alert is about: that of the line it names, else the one that it calls by its name. */
function sectionOf(alert: string, lines: string[]): Omit<Rejection, 'message'> {
  const named = /(?:proxy|frontend|backend|userlist) '([^']+)'/i.exec(alert)?.[1]
  const told = place.exec(alert)?.[1]
  const at = told === undefined ? startOf(named, lines) : Number(told)
  const section = lastSectionIn(lines.slice(0, at ?? 0).join('\n'))
  return {
    at,
    line: told === undefined ? undefined : lines[Number(told) - 1]?.trim(),
    section: section.keyword,
    name: section.name ?? named,
  }
}

/** The number of the line in which the section of this name begins. */
function startOf(name: string | undefined, lines: string[]): number | undefined {
  if (name === undefined) return undefined
  const start = new RegExp(`^\\s*(frontend|backend|listen|userlist)\\s+${escapeRegex(name)}(?!\\S)`)
  return lines.findIndex((line) => start.test(line)) + 1 || undefined
}

/** Whether the section that HAProxy names is one of this service. */
export function isNamedBy({ name }: Rejection, { backend, listener }: Service): boolean {
  if (name === undefined) return false
  const isListener = listener !== undefined && name.startsWith('service:') && name.endsWith(`:${listener.port}`)
  return name === backend || name === userlistName(backend) || isListener
}

/** Where a line of a service stems from: the pattern of the line, the label, and whether the service has it. */
const origins: [RegExp, string, (service: Service) => unknown][] = [
  [/^balance /, 'BALANCE', ({ demands }) => demands.balance],
  [/^bind .* crt /, 'SSL_CERT', ({ listener }) => listener?.certificate],
  [/^bind /, 'BIND_OPTIONS', ({ listener }) => listener?.options.length],
  [/^(user|userlist|http-request auth) /, 'AUTH', ({ demands }) => demands.auth],
  [/^acl allowed /, 'BACKEND_NETWORK_ALLOWED_ACL', ({ demands }) => demands.allowedNetworks.length],
  [/^http-request redirect prefix /, 'REDIRECT_TO_HTTPS', ({ demands }) => demands.redirectToHttps],
  [/^http-request redirect location /, 'HTTP_BACKEND_REDIR', ({ demands }) => demands.redirect],
  [/^http-request set-path /, 'HTTP_BACKEND_PROXYPASS_PATH', ({ demands }) => demands.proxyPassPath],
  [/own_location/, 'HTTP_BACKEND_REVPROXY_PATH', ({ demands }) => demands.reverseProxyPath],
  [/Strict-Transport-Security/, 'USE_HSTS', ({ demands }) => demands.hsts],
  [/^cookie |^server .* cookie /, 'STICKY', ({ demands }) => demands.sticky],
]

/** HAProxy's words on what it rejects of a service, with the line and the label or section at fault; never a password. */
export function explain({ message, line, section }: Rejection, service: Service): string {
  const said = withoutHash(message, service)
  if (line === undefined) return `HAProxy rejects it: ${said}`
  const origin = origins.find(
    ([pattern, label, has]) => pattern.test(line) && has(service) && (label !== 'SSL_CERT' || isOf(service, message)),
  )
  const fault = origin ? `label HAPROXY_${service.portIndex}_${origin[1]}` : `the template of the section ${section}`
  return `HAProxy rejects it: ${said} (in "${withoutHash(withoutPasswords(line), service).slice(0, 200)}", from ${fault})`
}

/** A bind may have both a certificate and options; the message names the file. */
const isOf = ({ listener }: Service, message: string): boolean =>
  listener?.options.length === 0 || message.includes(listener?.certificate ?? '')

const withoutHash = (text: string, { demands }: Service): string =>
  demands.auth ? text.replaceAll(demands.auth.hash, '***') : text

/** A text without any password of these services. */
export const withoutHashes = (text: string, services: Service[]): string => services.reduce(withoutHash, text)
