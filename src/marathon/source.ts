import { readFile } from 'node:fs'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { reasonOf, UpdaterError } from '../errors.js'
import type { Options } from '../options.js'
import { withoutBom } from '../text.js'
import { version } from '../version.js'
import { fetchReply, type Source } from './client.js'
import { type Account, parseAccount } from './login-account.js'
import { readCertificates, readClientCertificate, readPrivate, readSecret } from './login-files.js'

/** A reply of Marathon and where it came from: a URL without credentials, a file, or standard input. A file has no fingerprint. */
export interface Reply {
  from: string
  fingerprint?: string
  readonly apps: unknown[]
}

/**
 * A recorded reply; `-` is standard input. Rejects with `no-input` where it cannot be read, `bad-reply` where it is none. A signal still
 * ends the program while a pipe is waited for.
 */
export async function readRecorded(file: string): Promise<Reply> {
  const from = file === '-' ? 'standard input' : file
  let text: string
  try {
    text = await promisify(readFile)(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UpdaterError('no-input', `cannot read the recorded reply ${from}: ${reasonOf(error)}`, { cause: error })
  }
  const apps = appsIn(withoutBom(text))
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

/**
 * What the options name: Marathon's reply, or a recorded one. Asking takes at most two thirds of the time, so that a slow Marathon
 * leaves some for the validation. `known` is the fingerprint of a reply that was good before. Throws what reading and asking throw.
 */
export async function askMarathon(options: Options, known?: string): Promise<Reply> {
  const [file, another] = options.from ?? []
  if (another !== undefined)
    throw new UpdaterError('usage', `--from is given more than once (${file}, ${another}), which only check takes`)
  return file === undefined ? fetchFrom(options, (options.timeout * 2) / 3, known) : readRecorded(file)
}

/**
 * Marathon's reply, asked for within `budget` ms as the options say; `known` is the fingerprint of one that was good before. Throws
 * what `fetchReply` and the files it needs throw.
 */
export async function fetchFrom(options: Options, budget: number, known?: string): Promise<Reply> {
  const { url, reply } = await fetchReply({ ...(await sourceOf(options)), known }, budget)
  return Object.assign(reply, { from: url })
}

/** Where and as whom the options ask Marathon. Throws what reading the files of credentials throws. */
export const sourceOf = async (options: Options): Promise<Source> => ({
  urls: options.marathon,
  labelSelector: options.labelSelector,
  readiness: options.readiness,
  ...credentialsOf(options),
  ca: options.caFile && readCertificates(options.caFile),
  ...(await readClientCertificate(options)),
  maxBytes: options.maxReplySize,
  userAgent: `haproxy-updater/${version} (${hostname()})`,
})

type Credentials = Pick<Source, 'auth' | 'token' | 'account'>

/** Of the files only one may be given, and it goes before the environment. */
function credentialsOf({ authFile, tokenFile, dcosCredentialsFile }: Options): Credentials {
  if (authFile) return { auth: readSecret(authFile) }
  if (tokenFile) return { token: readSecret(tokenFile) }
  if (dcosCredentialsFile) return { account: accountIn(readPrivate(dcosCredentialsFile), dcosCredentialsFile) }
  const [auth, token, account] = ['AUTH', 'TOKEN', 'DCOS_CREDENTIALS'].map(
    (name) => process.env[`HAPROXY_UPDATER_${name}`],
  )
  if (auth || token || !account) return { auth, token }
  return { account: accountIn(account, 'HAPROXY_UPDATER_DCOS_CREDENTIALS') }
}

let lastRead: { json: string; account: Account } | undefined

/** The same account as long as the same is written, so that its login stays. */
function accountIn(json: string, where: string): Account {
  if (lastRead?.json !== json) lastRead = { json, account: parseAccount(json, where) }
  return lastRead.account
}
