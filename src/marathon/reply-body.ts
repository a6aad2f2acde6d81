import { gunzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { reasonOf, UpdaterError } from '../errors.js'

/** What Marathon answers to GET /v2/apps; what the apps look like is not known yet. */
export interface Reply {
  apps: unknown[]
}

/**
 * The reply inside a response (marathon-api §7): status 200, JSON by its type and its text, `apps` a list, at most `maxBytes`
 * when decompressed. Throws `auth-refused` (401, 403), `unavailable` (5xx) or `bad-reply` (anything else). No message holds any
 * of the body, which may hold secrets of apps.
 */
export async function readReply(response: Dispatcher.ResponseData, maxBytes: number): Promise<Reply> {
  const { statusCode, headers, body } = response
  checkStatus(statusCode)
  checkType(String(headers['content-type']))
  const received = await receive(body, maxBytes)
  return parse(decompress(received, String(headers['content-encoding'] ?? 'identity'), maxBytes))
}

/** The failure of an answer that is no reply of Marathon. */
export const badReply = (reason: string): UpdaterError => new UpdaterError('bad-reply', reason)

function checkStatus(status: number): void {
  const reason = `HTTP status ${status}`
  if (status === 401 || status === 403) throw new UpdaterError('auth-refused', reason)
  if (status >= 500) throw new UpdaterError('unavailable', reason)
  if (status !== 200) throw badReply(reason)
}

function checkType(type: string): void {
  if (!/^application\/(.+\+)?json\s*(;|$)/i.test(type)) throw badReply(`content-type ${type}, not JSON`)
}

async function receive(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) break
    }
  } catch (error) {
    throw badReply(`cut off (${reasonOf(error)})`)
  }
  if (size > maxBytes) throw tooLarge(maxBytes)
  return Buffer.concat(chunks, size)
}

function decompress(body: Buffer, encoding: string, maxBytes: number): Buffer {
  if (/^identity$/i.test(encoding)) return body
  if (!/^gzip$/i.test(encoding)) throw badReply(`content-encoding ${encoding}`)
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(maxBytes) : badReply(`gzip damaged or cut off (${code})`)
  }
}

const tooLarge = (maxBytes: number): UpdaterError =>
  badReply(`larger than ${maxBytes} bytes, which is --max-reply-size`)

function parse(body: Buffer): Reply {
  const value = parseJson(body)
  if (!isReply(value)) throw badReply('JSON without a list of apps')
  return value
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (error) {
    throw badReply(error instanceof SyntaxError ? 'not JSON' : reasonOf(error))
  }
}

const isReply = (value: unknown): value is Reply => Array.isArray((value as Partial<Reply> | null)?.apps)
