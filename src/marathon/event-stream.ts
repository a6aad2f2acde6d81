import { reasonOf, UpdaterError } from '../errors.js'
import type { Options } from '../options.js'
import { loginOf, type Source } from './client.js'
import { connect, getAs } from './connection.js'
import { eventTypes, routingEvents } from './events.js'
import { isRecord } from './json.js'
import { badReply, checkStatus, readJson } from './reply-body.js'
import { jsonHeaders, type Response, urlBelow, withoutCredentials } from './request.js'
import { sourceOf } from './source.js'

/** Marathon's events, whose types come until the connection ends, and the URL of that Marathon without credentials. */
export interface EventStream {
  from: string
  types: AsyncIterable<string>
  close(): Promise<void>
}

/** What came of an attempt to follow Marathon's events: they are `refused` where another attempt would change nothing. */
export type Attempt = { how: 'open'; stream: EventStream } | { how: 'refused' | 'failed'; reason: string }

/** How long all URLs together may take to begin an answer, and each at least, in ms. */
const limit = 3000
const shortestShare = 1000

/** Marathon's heartbeat comes every ten seconds (marathon-api §8); without it for so long (ms), the connection is dead. */
const longestSilence = 30_000

/** Opens the events of the first Marathon that has them; `over` cuts them. Never throws. */
export async function openEvents(options: Options, over: AbortSignal, silence = longestSilence): Promise<Attempt> {
  const failures: { url: string; error: UpdaterError }[] = []
  try {
    const source = await sourceOf(options)
    for (const url of source.urls) {
      const opened = await open(source, url, over, silence)
      if ('types' in opened) return { how: 'open', stream: opened }
      failures.push({ url: withoutCredentials(url), error: opened })
    }
  } catch (error) {
    return { how: 'failed', reason: reasonOf(error) }
  }
  const mayCome = failures.some(({ error }) => error.exit === 'unavailable')
  const reason = failures.map(({ url, error }) => `${url}: ${error.message}`).join('; ')
  return { how: mayCome ? 'failed' : 'refused', reason }
}

async function open(
  source: Source,
  base: string,
  over: AbortSignal,
  silence: number,
): Promise<EventStream | UpdaterError> {
  const late = new AbortController()
  const share = Math.max(shortestShare, limit / source.urls.length)
  const timer = setTimeout(() => late.abort(), share)
  const connection = connect(source, { signal: AbortSignal.any([over, late.signal]), limit: share })
  const asking = { source, login: loginOf(source), base, connection }
  try {
    const response = await getAs(asking, eventsUrl(base), eventHeaders, isLeader)
    return {
      from: withoutCredentials(base),
      types: eventTypes(untilSilent(eventsIn(response), silence)),
      close: connection.close,
    }
  } catch (error) {
    await connection.close()
    return connection.explain(error)
  } finally {
    clearTimeout(timer)
  }

  /** One that does not lead sends us to the leader (from 1.7 on). That is whom it names when asked who leads, and none else. */
  async function isLeader({ protocol, host, pathname }: URL): Promise<boolean> {
    if (!pathname.endsWith('/v2/events')) return false
    try {
      const response = await getAs(asking, urlBelow(base, '/v2/leader'), jsonHeaders)
      const answer = await readJson(response, { bytes: 64 * 1024 })
      const leader = isRecord(answer) ? `${protocol}//${answer['leader']}` : ''
      return URL.canParse(leader) && new URL(leader).host === host
    } catch (error) {
      // While a leader is elected, there is none to be named.
      const { message } = connection.explain(error)
      throw new UpdaterError('unavailable', `a redirect to ${host}, and who leads cannot be told: ${message}`)
    }
  }
}

/** Jetty compares the header as a whole (marathon-api §8). */
const eventHeaders = { accept: 'text/event-stream' }

/** What an old Marathon does not know of the query, it passes over. */
const eventsUrl = (base: string): URL =>
  urlBelow(base, `/v2/events?plan-format=light${routingEvents.map((type) => `&event_type=${type}`).join('')}`)

function eventsIn({ statusCode, headers, body }: Response): Response['body'] {
  checkStatus(statusCode)
  const encoding = String(headers['content-encoding'] ?? 'identity')
  if (!/^identity$/i.test(encoding)) throw badReply(`content-encoding ${encoding}, though none was asked for`)
  const type = String(headers['content-type'])
  // It is no Marathon that answers so, but what stands before it, perhaps for a moment.
  if (!/^text\/event-stream\s*(;|$)/i.test(type))
    throw new UpdaterError('unavailable', `content-type ${type}, not text/event-stream`)
  return body
}

/** What comes, until nothing has come for `longest` ms. (undici's own time-out wakes the process twice a second.) */
async function* untilSilent(body: Response['body'], longest: number): AsyncGenerator<Buffer> {
  const timer = setTimeout(() => body.destroy(new Error('silent')), longest).unref()
  try {
    for await (const chunk of body) {
      timer.refresh()
      yield chunk
    }
  } finally {
    clearTimeout(timer)
  }
}
