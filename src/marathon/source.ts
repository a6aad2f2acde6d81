import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { reasonOf, UpdaterError } from '../errors.js'
import type { Options } from '../options.js'
import { version } from '../version.js'
import { fetchReply } from './client.js'

/** A reply of Marathon and where it came from: a URL without credentials, a file, or standard input. */
export interface Reply {
  from: string
  apps: unknown[]
}

/** A recorded reply; `-` is standard input. Throws `no-input` where it cannot be read, `bad-reply` where it is none. */
export function readRecorded(file: string): Reply {
  const from = file === '-' ? 'standard input' : file
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UpdaterError('no-input', `cannot read the recorded reply ${from}: ${reasonOf(error)}`, { cause: error })
  }
  const apps = appsIn(text)
  if (apps) return { from, apps }
  throw new UpdaterError('bad-reply', `${from} is no reply of Marathon: it is not a JSON object with an array "apps"`)
}

function appsIn(text: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const apps = parsed !== null && typeof parsed === 'object' ? (parsed as { apps?: unknown }).apps : undefined
    return Array.isArray(apps) ? apps : undefined
  } catch {
    return undefined
  }
}

/** Marathon's reply, asked for within `budget` ms as the options say. Throws what `fetchReply` and the secret files throw. */
export async function fetchFrom(options: Options, budget: number): Promise<Reply> {
  const { url, reply } = await fetchReply(
    {
      urls: options.marathon,
      labelSelector: options.labelSelector,
      auth: options.authFile ? readSecret(options.authFile) : process.env['HAPROXY_UPDATER_AUTH'],
      token: options.tokenFile ? readSecret(options.tokenFile) : process.env['HAPROXY_UPDATER_TOKEN'],
      ca: options.caFile && readCertificates(options.caFile),
      maxBytes: options.maxReplySize,
      userAgent: `haproxy-updater/${version} (${hostname()})`,
    },
    budget,
  )
  return { from: url, apps: reply.apps }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UpdaterError('no-input', `cannot read the certificates ${file}: ${reasonOf(error)}`, { cause: error })
  }
}

/** A secret from a file that only its owner may read, without the line end. Throws `no-input`, or `bad-setup` for a lax mode. */
export function readSecret(file: string): string {
  try {
    if (statSync(file).mode & 0o077) {
      throw new UpdaterError('bad-setup', `the secret file ${file} can be read by others; chmod 600 ${file}`)
    }
    const secret = readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? ''
    if (secret === '') throw new UpdaterError('bad-setup', `${file}:1: the secret file is empty`)
    return secret
  } catch (error) {
    if (error instanceof UpdaterError) throw error
    throw new UpdaterError('no-input', `cannot read the secret file ${file}: ${reasonOf(error)}`, { cause: error })
  }
}
