import { gunzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { reasonOf, UpdaterError } from '../errors.js'
import { fingerprintOf } from './fingerprint.js'

/** What Marathon answers to GET /v2/apps, and its fingerprint; what the apps look like is not known yet. */
export interface Reply {
  fingerprint: string
  readonly apps: unknown[]
}

/** How many bytes are taken, before and after decompression, and `says` who says so, for the message. */
interface Limit {
  bytes: number
  says?: string
}

/**
 * The reply inside a response: JSON of at most `maxBytes`, with `apps` a list. One with the fingerprint `known`, of a reply that was
 * good before, is only parsed when its apps are asked for. Throws what `readJson` throws.
 */
export async function readReply(
  response: Dispatcher.ResponseData,
  maxBytes: number,
  known: string | undefined,
): Promise<Reply> {
  const body = await readBody(response, { bytes: maxBytes, says: ', which is --max-reply-size' })
  const fingerprint = fingerprintOf(body)
  return fingerprint === known ? unparsed(fingerprint, body) : { fingerprint, apps: appsIn(body) }
}

const unparsed = (fingerprint: string, body: Buffer): Reply => ({
  fingerprint,
  get apps() {
    return appsIn(body)
  },
})

function appsIn(body: Buffer): unknown[] {
  const { apps } = (parseJson(body) ?? {}) as { apps?: unknown }
  if (!Array.isArray(apps)) throw badReply('JSON without a list of apps')
  return apps
}

/**
 * What a response says (marathon-api §7): status 200, JSON by its type and its text, not more than is taken. Throws
 * `auth-refused` (401, 403), `unavailable` (5xx) or `bad-reply` (anything else). No message holds any of the body, which may
 * hold secrets of apps, or a token.
 */
export const readJson = async (response: Dispatcher.ResponseData, limit: Limit): Promise<unknown> =>
  parseJson(await readBody(response, limit))

async function readBody(response: Dispatcher.ResponseData, limit: Limit): Promise<Buffer> {
  const { statusCode, headers, body } = response
  checkStatus(statusCode)
  checkType(String(headers['content-type']))
  const received = await receive(body, limit)
  return decompress(received, String(headers['content-encoding'] ?? 'identity'), limit)
}

/** The failure of an answer that is no reply of Marathon. */
export const badReply = (reason: string): UpdaterError => new UpdaterError('bad-reply', reason)

/** The failure behind whatever a request was ended by: `unavailable`, or `bad-reply` where the answer is not HTTP. */
export function failureOf(error: unknown): UpdaterError {
  if (error instanceof UpdaterError) return error
  // Where a name has several addresses, this error stands for theirs and says nothing itself.
  const reason = reasonOf(error instanceof AggregateError ? error.errors[0] : error)
  const isHttp = !(error instanceof Error && error.name === 'HTTPParserError')
  return isHttp ? new UpdaterError('unavailable', reason, { cause: error }) : badReply(`not HTTP (${reason})`)
}

/** Throws `auth-refused` (401, 403), `unavailable` (5xx) or `bad-reply` for any status but 200. */
export function checkStatus(status: number): void {
  const reason = `HTTP status ${status}`
  if (status === 401 || status === 403) throw new UpdaterError('auth-refused', reason)
  if (status >= 500) throw new UpdaterError('unavailable', reason)
  if (status !== 200) throw badReply(reason)
}

function checkType(type: string): void {
  if (!/^application\/(.+\+)?json\s*(;|$)/i.test(type)) throw badReply(`content-type ${type}, not JSON`)
}

async function receive(body: AsyncIterable<Buffer>, limit: Limit): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > limit.bytes) break
    }
  } catch (error) {
    throw badReply(`cut off (${reasonOf(error)})`)
  }
  if (size > limit.bytes) throw tooLarge(limit)
  return Buffer.concat(chunks, size)
}

function decompress(body: Buffer, encoding: string, limit: Limit): Buffer {
  if (/^identity$/i.test(encoding)) return body
  if (!/^gzip$/i.test(encoding)) throw badReply(`content-encoding ${encoding}`)
  try {
    return gunzipSync(body, { maxOutputLength: limit.bytes })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : badReply(`gzip damaged or cut off (${code})`)
  }
}

const tooLarge = ({ bytes, says = '' }: Limit): UpdaterError => badReply(`larger than ${bytes} bytes${says}`)

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (error) {
    throw badReply(error instanceof SyntaxError ? 'not JSON' : reasonOf(error))
  }
}
