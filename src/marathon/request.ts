import querystring from 'node:querystring'
import type { Dispatcher } from 'undici'
import type { UpdaterError } from '../errors.js'
import { badReply } from './reply-body.js'

/** What may be asked for; `readiness`: with the results of readiness checks. */
export interface Query {
  labelSelector?: string | undefined
  readiness?: boolean
}

/** Who asks: `auth` is `user:password`, `token` goes out as `token=…`. */
export interface Asker {
  auth?: string | undefined
  token?: string | undefined
  userAgent: string
}

/** What a server answers, its body not yet received. */
export type Response = Dispatcher.ResponseData

/** A way to send requests until a moment when all of it is cut; `explain` gives the failure behind an error. */
export interface Connection {
  send(url: URL, request: Message): Promise<Response>
  explain(error: unknown): UpdaterError
}

interface Message {
  method?: 'POST'
  headers: Headers
  body?: string
}

type Headers = Record<string, string | undefined>

const maxRedirects = 3

/** A URL as it may be shown: without user and password, and without a slash at its end. */
export function withoutCredentials(base: string): string {
  const url = new URL(base)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

/** The URL of something below a base, whose path is kept. */
export const urlBelow = (base: string, path: string): URL => new URL(withoutCredentials(base) + path)

/** The URL of all apps with their tasks, below a base whose path is kept. Up to 0.8, only the first `embed` counts (marathon-api §1). */
export function appsUrl(base: string, { labelSelector, readiness }: Query): URL {
  const embed = readiness ? 'embed=apps.tasks&embed=apps.readiness' : 'embed=apps.tasks'
  const label = labelSelector === undefined ? '' : `&label=${encodeURIComponent(labelSelector)}`
  return urlBelow(base, `/v2/apps?${embed}${label}`)
}

/** The headers of a request for JSON. */
export const jsonHeaders = { accept: 'application/json', 'accept-encoding': 'gzip' }

/** Who asks, in the headers of a request to a base URL (marathon-api §7); its own user and password go before `auth`, and that before `token`. */
export function headersFor(base: string, { auth, token, userAgent }: Asker): Headers {
  const credentials = userInfo(base) || auth
  const basic = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  return {
    'user-agent': userAgent,
    authorization: basic || (token && `token=${token}`) || undefined,
  }
}

/** The `user:password` of a URL, if there is one. */
export function userInfo(base: string): string | undefined {
  const { username, password } = new URL(base)
  // Unlike decodeURIComponent, this leaves a stray % in a password as it is.
  return username ? `${querystring.unescape(username)}:${querystring.unescape(password)}` : undefined
}

/**
 * The response to a GET, after at most three redirects. Throws `bad-reply` where they lead nowhere, or to another host to which they
 * may not lead.
 */
export async function getFollowing(
  url: URL,
  get: (url: URL) => Promise<Response>,
  mayLeadTo: (to: URL) => Promise<boolean> = async () => false,
): Promise<Response> {
  let target = url
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await get(target)
    if (![301, 302, 303, 307, 308].includes(response.statusCode)) return response
    const to = locationOf(target, response)
    if (!(await isSafe(target, to, mayLeadTo))) throw badReply(`a redirect to ${to.protocol}//${to.host}`)
    target = to
  }
  throw badReply(`more than ${maxRedirects} redirects`)
}

function locationOf(from: URL, { headers: { location } }: Response): URL {
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) throw badReply('a redirect to nowhere')
  return new URL(location, from)
}

/** Credentials go along, so https must stay https, and another host be known as a good one. */
async function isSafe(from: URL, to: URL, mayLeadTo: (to: URL) => Promise<boolean>): Promise<boolean> {
  const secure = to.protocol === from.protocol || to.protocol === 'https:'
  return secure && (to.hostname === from.hostname || (await mayLeadTo(to)))
}
