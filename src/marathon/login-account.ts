import { createPrivateKey, type KeyObject } from 'node:crypto'
import { UpdaterError } from '../errors.js'

/** Who logs in to DC/OS and where: a service account by its RSA key, or a user by the password. */
export type Account = { uid: string; endpoint: URL } & ({ privateKey: KeyObject } | { password: string })

/**
 * The account in the JSON of a DC/OS service account (marathon-api §7), or one with `password` in place of `private_key`.
 * Throws `bad-setup`, which names `where` it was written and the line, but nothing of what is written there.
 */
export function parseAccount(json: string, where: string): Account {
  const written: Written = { json, where, fields: parseFields(json, where) }
  const account = { uid: fieldOf(written, 'uid'), endpoint: endpointOf(written) }
  const { private_key: key, password } = written.fields
  if (key === undefined && password === undefined)
    throw wrong(written, 'private_key', 'is missing, and so is "password"')
  if (key !== undefined && password !== undefined) throw wrong(written, 'password', 'stands beside "private_key"')
  return key === undefined
    ? { ...account, password: fieldOf(written, 'password') }
    : { ...account, privateKey: privateKeyOf(written) }
}

interface Written {
  json: string
  where: string
  fields: Record<string, unknown>
}

function parseFields(json: string, where: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (error) {
    // The message may quote what is written, and so may the error as a cause.
    const position = /position (\d+)/.exec(String(error))?.[1]
    const line = position === undefined ? '' : `:${lineAt(json, Number(position))}`
    throw new UpdaterError('bad-setup', `${where}${line}: the credentials are not valid JSON`)
  }
  if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Record<string, unknown>
  throw new UpdaterError('bad-setup', `${where}: the credentials are not a JSON object with "uid" and "login_endpoint"`)
}

function fieldOf(written: Written, key: string): string {
  const value = written.fields[key]
  if (typeof value === 'string' && value !== '') return value
  throw wrong(written, key, value === undefined ? 'is missing' : 'is not a text')
}

function endpointOf(written: Written): URL {
  const text = fieldOf(written, 'login_endpoint')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url
  throw wrong(written, 'login_endpoint', 'is not an http or https URL')
}

/** marathon-lb never asked for `scheme`, so it may be left out. */
function privateKeyOf(written: Written): KeyObject {
  const { scheme = 'RS256' } = written.fields
  if (scheme !== 'RS256') throw wrong(written, 'scheme', 'is not "RS256", the only one there is')
  const key = parseKey(fieldOf(written, 'private_key'))
  if (key?.asymmetricKeyType === 'rsa') return key
  throw wrong(written, 'private_key', 'is not an RSA private key in PEM, without a passphrase')
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function wrong({ json, where }: Written, key: string, reason: string): UpdaterError {
  const position = json.search(new RegExp(`"${key}"\\s*:`))
  const line = position < 0 ? '' : `:${lineAt(json, position)}`
  return new UpdaterError('bad-setup', `${where}${line}: "${key}" ${reason}`)
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length
