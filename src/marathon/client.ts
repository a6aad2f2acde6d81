import { unescape } from 'node:querystring'
import v8 from 'node:v8'
import type { Agent, Dispatcher } from 'undici'
import { type ExitName, reasonOf, UpdaterError } from '../errors.js'
import { lookupFor } from './addresses.js'
import type { NameSystem } from './name-system.js'
import { badReply, type Reply, readReply } from './reply-body.js'

/**
 * Where Marathon is and how it is asked. `auth` is `user:password`, `token` is sent as `token=…`, `ca` is PEM text in place of the
 * system's certificates, `names` is where host names are looked up, by default where the system does.
 */
export interface Source {
  urls: string[]
  labelSelector?: string | undefined
  auth?: string | undefined
  token?: string | undefined
  ca?: string | undefined
  maxBytes: number
  userAgent: string
  names?: NameSystem
}

/** A reply and the URL, without credentials, that gave it. */
export interface Answer {
  url: string
  reply: Reply
}

interface Failure {
  url: string
  error: UpdaterError
}

type Get = (url: URL) => Promise<Dispatcher.ResponseData>

const maxRedirects = 3

/**
 * The apps and tasks of the first URL that has any, within `budget` ms for all URLs: each gets its share of what is left. A reply
 * without apps counts only if no URL gives another (marathon-api §7: a node that is not leader may answer so). If no URL gives
 * a reply, throws `auth-refused` before `bad-reply` before `unavailable`, with what each of them did.
 */
export async function fetchReply(source: Source, budget: number): Promise<Answer> {
  const deadline = performance.now() + budget
  const failures: Failure[] = []
  let empty: Answer | undefined
  for (const [index, url] of source.urls.entries()) {
    const share = (deadline - performance.now()) / (source.urls.length - index)
    const outcome = await ask(source, url, Math.max(1, Math.ceil(share)))
    if ('error' in outcome) failures.push(outcome)
    else if (outcome.reply.apps.length > 0) return outcome
    else empty ??= outcome
  }
  if (empty) return empty
  throw noReply(failures)
}

async function ask(source: Source, base: string, limit: number): Promise<Answer | Failure> {
  const url = withoutCredentials(base)
  const signal = AbortSignal.timeout(limit)
  const { Agent, request } = await loadUndici()
  const agent = new Agent(agentOptions(source, limit, signal))
  const headers = headersFor(source, base)
  try {
    const response = await follow(appsUrl(url, source.labelSelector), (target) =>
      request(target, { dispatcher: agent, headers }),
    )
    return { url, reply: await readReply(response, source.maxBytes) }
  } catch (error) {
    return { url, error: signal.aborted ? timedOut(limit) : asUpdaterError(error) }
  } finally {
    await agent.destroy()
  }
}

async function loadUndici() {
  // undici parses HTTP in WebAssembly, and V8 would spend more on optimising that than one request takes (facts/node.md 2).
  v8.setFlagsFromString('--liftoff-only')
  return await import('undici')
}

function agentOptions({ ca, names }: Source, limit: number, signal: AbortSignal): Agent.Options {
  // The signal sits on the socket because undici heeds a request's own signal only once it is connected.
  const connect = { signal, timeout: 0, ca, lookup: lookupFor(limit, names) }
  return { connect, headersTimeout: 0, bodyTimeout: 0 }
}

function withoutCredentials(base: string): string {
  const url = new URL(base)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

function appsUrl(base: string, selector: string | undefined): URL {
  const label = selector === undefined ? '' : `&label=${encodeURIComponent(selector)}`
  return new URL(`${base}/v2/apps?embed=apps.tasks${label}`)
}

function headersFor(source: Source, base: string): Record<string, string | undefined> {
  return {
    accept: 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': source.userAgent,
    authorization: authorization(source, new URL(base)),
  }
}

/** A URL's own user and password go before those of all URLs, and these before the token. */
function authorization({ auth, token }: Source, { username, password }: URL): string | undefined {
  const pair = username ? `${unescape(username)}:${unescape(password)}` : auth
  if (pair !== undefined) return `Basic ${Buffer.from(pair).toString('base64')}`
  return token === undefined ? undefined : `token=${token}`
}

async function follow(url: URL, get: Get): Promise<Dispatcher.ResponseData> {
  let target = url
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await get(target)
    if (![301, 302, 303, 307, 308].includes(response.statusCode)) return response
    target = redirected(target, String(response.headers['location']))
  }
  throw badReply(`more than ${maxRedirects} redirects`)
}

/** Where a redirect leads. Credentials go along, so the host must stay the same and https must stay https. */
function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (to?.hostname !== from.hostname) throw badReply(`a redirect to ${to?.host || 'nowhere'}`)
  if (to.protocol !== 'https:' && to.protocol !== from.protocol) throw badReply(`a redirect to ${to.protocol}`)
  return to
}

const timedOut = (limit: number): UpdaterError =>
  new UpdaterError('unavailable', `no complete answer within ${limit / 1000} s`)

function asUpdaterError(error: unknown): UpdaterError {
  if (error instanceof UpdaterError) return error
  // One of these stands for the failures of all addresses of a name, and says nothing itself.
  const reason = reasonOf(error instanceof AggregateError ? error.errors[0] : error)
  const garbled = error instanceof Error && error.name === 'HTTPParserError'
  return garbled ? badReply(`not HTTP (${reason})`) : new UpdaterError('unavailable', reason, { cause: error })
}

const remedies = {
  'auth-refused': 'check --auth-file or --token-file',
  'bad-reply': 'check that --marathon is the address of Marathon itself, with its base path if it has one',
  unavailable: 'check that Marathon runs, and that this host reaches it and trusts its certificate (--ca-file)',
} satisfies Partial<Record<ExitName, string>>

function noReply(failures: Failure[]): UpdaterError {
  const ranking = ['auth-refused', 'bad-reply', 'unavailable'] as const
  const exit = ranking.find((name) => failures.some(({ error }) => error.exit === name)) ?? 'unavailable'
  const reasons = failures.map(({ url, error }) => `${url}: ${error.message}`).join('; ')
  return new UpdaterError(exit, `no reply from Marathon (${reasons}): ${remedies[exit]}`)
}
