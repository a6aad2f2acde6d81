import { isIP } from 'node:net'
import { untriableOptions } from '../haproxy/config-text.js'

/** Reads the trimmed value of a label into a typed one; undefined where it cannot be what it should be. */
export type ParseLabel<T> = (value: string) => T | undefined

const words = (value: string, separator: RegExp): string[] =>
  value
    .split(separator)
    .map((word) => word.trim())
    .filter(Boolean)

const all =
  <T>(parse: (word: string) => T | undefined, separator: RegExp): ParseLabel<T[]> =>
  (value) => {
    const parsed = words(value, separator).map(parse)
    return parsed.length > 0 && parsed.every((item) => item !== undefined) ? [...new Set(parsed)].sort() : undefined
  }

/** A value as it is where it has the form of `pattern`. */
const matching =
  (pattern: RegExp): ParseLabel<string> =>
  (value) =>
    pattern.test(value) ? value : undefined

const within =
  (pattern: RegExp, least: number, most: number): ParseLabel<number> =>
  (value) =>
    pattern.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined

/** Words of a comma list, blanks around them trimmed. */
export const commaList = (value: string): string[] => words(value, /,/)

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** Whether a name in small letters is one that a host can have. */
export const isHostName = (name: string): boolean => hostName.test(name)

/** Host names of a comma list: in small letters, each once, sorted, without a dot or port at the end. */
export const hosts = all((word) => matching(hostName)(word.toLowerCase().replace(/\.?(:\d{1,5})?$/, '')), /,/)

const absolutePath = /^(?=.{1,1024}$)(\/|(\/(?!\.\.?(\/|$))[\w.~!$&'()*+,;=:@%-]+)+\/?)$/

/** An absolute path of a URL, without `.` and `..`, and without the slash at its end, so that the root is the empty text. */
export const urlPath: ParseLabel<string> = (value) => matching(absolutePath)(value)?.replace(/\/$/, '')

/** With its host, a path that routes goes through a header, for which HAProxy has 1024 bytes in reserve beside a large request. */
const longestRoute = 255

/** The same for a list separated by blanks, each once, sorted, of paths that route. */
export const urlPaths = all((word) => (word.length <= longestRoute ? urlPath(word) : undefined), /\s+/)

/** Where requests for `/` may be sent: another absolute path or an http or https URL, with a query or without. */
export const location = matching(/^(?=.{2,1024}$)(https?:\/\/[\w.:[\]-]+)?\/[\w.~!$&'()*+,;=:@%/?#-]*$/)

/** A TCP port. */
export const port = within(/^\d{1,5}$/, 1, 65_535)

/** The index of a port in its app, from 0. */
export const index = within(/^\d{1,3}$/, 0, 999)

/** How much a route weighs against others of its host. */
export const weight = within(/^-?\d{1,9}$/, -999_999_999, 999_999_999)

/** A number of instances. */
export const count = within(/^\d{1,9}$/, 0, 999_999_999)

/** `http` or `tcp`. */
export const mode: ParseLabel<'http' | 'tcp'> = (value) => {
  const lower = value.toLowerCase()
  return lower === 'http' || lower === 'tcp' ? lower : undefined
}

/** A switch in the ways that marathon-lb takes, and the opposite of each; empty is off. */
export const yesOrNo: ParseLabel<boolean> = (value) => {
  if (/^(true|t|yes|y|1)$/i.test(value)) return true
  return /^(false|f|no|n|0|)$/i.test(value) ? false : undefined
}

const algorithm =
  /^(roundrobin|static-rr|leastconn|first|source|random(\([1-9]\d?\))?|rdp-cookie(\([\w-]{1,64}\))?|uri( whole| (depth|len) [1-9]\d{0,3}){0,3}|url_param [\w-]{1,64}|hdr\([\w-]{1,64}\)( use_domain_only)?)$/

/** How HAProxy balances, in its own words; blanks count once. */
export const balance: ParseLabel<string> = (value) => matching(algorithm)(value.replace(/\s+/g, ' '))

/** Networks and addresses, IPv4 or IPv6, separated by blanks or commas, each once, sorted. */
export const networks = all((word) => {
  const [, address = '', length] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(word) ?? []
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return Number(length ?? 0) <= longest ? word.toLowerCase() : undefined
}, /[\s,]+/)

/**
 * An address to listen on: `*`, IPv4, or IPv6 with brackets or without (given back without). Each place has one spelling, so that two
 * listeners at one place are seen to be; IPv4 as IPv6 is refused.
 */
export const bindAddress: ParseLabel<string> = (value) => {
  const address = value.replace(/^\[(.*)\]$/, '$1')
  if (address === '*' || isIP(address) === 4) return address
  if (isIP(address) !== 6 || address.includes('%')) return undefined
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1)
  return shortest.startsWith('::ffff:') ? undefined : shortest
}

/** An absolute path of a file of the host, without `.` and `..`. */
export const filePath = matching(/^(?=.{1,1024}$)(\/(?!\.\.?(\/|$))[^/\p{Cc}]+)+$/u)

const bindOptions: Record<string, RegExp | undefined> = {
  alpn: /^[\w/.,-]{1,64}$/,
  backlog: /^\d{1,6}$/,
  ciphers: /^[\w:+!@=-]{1,512}$/,
  ciphersuites: /^[\w:-]{1,512}$/,
  curves: /^[\w:-]{1,128}$/,
  ecdhe: /^\w{1,64}$/,
  maxconn: /^[1-9]\d{0,6}$/,
  'ssl-max-ver': /^TLSv1\.[0-3]$/,
  'ssl-min-ver': /^TLSv1\.[0-3]$/,
}
const bindSwitches =
  'accept-proxy defer-accept force-tlsv12 force-tlsv13 no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 no-tls-tickets prefer-client-ciphers strict-sni tfo'.split(
    ' ',
  )

/** HAProxy takes 64 words in a line, and some are needed for address and certificate. */
const mostBindWords = 50

/** Options of a bind that name nothing of the host: those of an allow-list, each with a value of its form. */
export const harmlessBindOptions: ParseLabel<string[]> = (value) => {
  const given = words(value, /\s+/)
  if (given.length > mostBindWords) return undefined
  for (let at = 0; at < given.length; at++) {
    const option = given[at] ?? ''
    if (bindSwitches.includes(option)) continue
    const form = Object.hasOwn(bindOptions, option) ? bindOptions[option] : undefined
    const word = given[++at] ?? ''
    // As the value of another option, such a word would make the bind look like one that cannot be tried.
    if (!form?.test(word) || untriableOptions.includes(word)) return undefined
  }
  return given
}

/** Any options of a bind, word by word. */
export const anyBindOptions: ParseLabel<string[]> = (value) => {
  const given = words(value, /\s+/)
  return /^[^\p{Cc}]{1,2000}$/u.test(value) && given.length <= mostBindWords ? given : undefined
}

/** Who may pass with which password, as HAProxy's `http-request auth` and `user … password` take it. */
export interface Auth {
  realm: string
  user: string
  /** As crypt(3) writes it. */
  hash: string
}

/**
 * DES, MD5, SHA-256, SHA-512, bcrypt and yescrypt, at a cost of some ms: HAProxy works it out for every request, and once as it starts,
 * and serves nobody meanwhile. `_` is in none.
 */
const cryptHash =
  /^([./\w]{12}[.26AEIMQUYcgkosw]|\$1\$[./\w]{1,8}\$[./\w]{22}|\$5\$(rounds=\d{4}\$)?[./\w]{1,16}\$[./\w]{43}|\$6\$(rounds=\d{4}\$)?[./\w]{1,16}\$[./\w]{86}|\$2[aby]\$0[4-6]\$[./\w]{53}|\$y\$j[56]T\$[./\w]{1,86}\$[./\w]{43})$/

/** `realm:user:hash`. The realm stands in a quoted string of a header, where HAProxy escapes nothing. */
export const auth: ParseLabel<Auth> = (value) => {
  const [, realm = '', user = '', hash = ''] = /^([ !#-[\]-~]{1,100}):([!-9;-~]{1,100}):(\S+)$/.exec(value) ?? []
  return realm && cryptHash.test(hash) && !hash.includes('_') ? { realm, user, hash } : undefined
}
