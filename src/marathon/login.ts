import { type KeyObject, sign } from 'node:crypto'
import { elapsed } from '../clock.js'
import { UpdaterError } from '../errors.js'
import type { Account } from './login-account.js'
import { badReply, readJson } from './reply-body.js'
import { type Connection, headersFor, jsonHeaders, type Response } from './request.js'

/** The login of one process, whose token all URLs share: made when a token is first wanted, and once more a run when Marathon refuses it. */
export interface Login {
  account: Account
  userAgent: string
  token?: string | undefined
  isRenewed?: boolean
  /** What the last login failed of, as thrown. */
  failure?: UpdaterError | undefined
  /** When that was, by elapsed(). */
  failedAt?: number
}

const maxBytes = 64 * 1024
const validFor = 5 * 60_000

/** What now, where a login fails. */
export const loginRemedies = {
  'auth-refused': 'check --dcos-credentials-file, and the clock of this host',
  'bad-reply': 'check the login_endpoint in --dcos-credentials-file',
  unavailable:
    'check that this host reaches the login_endpoint in --dcos-credentials-file, trusts its certificate (--ca-file) and shows one where it must (--client-cert)',
}

/**
 * The response to a request that takes the token of a login along. Where Marathon refuses the token (401), the first time in a
 * run, a new one is fetched and the request repeated. Throws `failure` of the login, with the URL of the login in it.
 */
export async function withToken(
  login: Login,
  connection: Connection,
  get: (token: string) => Promise<Response>,
): Promise<Response> {
  const response = await get(await tokenOf(login, connection))
  if (response.statusCode !== 401 || login.isRenewed) return response
  login.isRenewed = true
  login.token = undefined
  return get(await tokenOf(login, connection))
}

async function tokenOf(login: Login, connection: Connection): Promise<string> {
  // A password that is refused again and again may lock its account; what was only not answered is asked again.
  if (login.failure?.exit === 'auth-refused') throw login.failure
  login.token ??= await logIn(login, connection)
  return login.token
}

async function logIn(login: Login, connection: Connection): Promise<string> {
  const { endpoint } = login.account
  try {
    return await fetchToken(login, connection)
  } catch (error) {
    const { exit, message } = connection.explain(error)
    const where = `login at ${endpoint.origin}${endpoint.pathname}`
    login.failure = new UpdaterError(exit, `${where}: ${message}`, { cause: error })
    login.failedAt = elapsed()
    throw login.failure
  }
}

/** A redirect is not followed: the body holds the password, or what is as good as that for minutes. */
async function fetchToken({ account, userAgent }: Login, connection: Connection): Promise<string> {
  const response = await connection.send(account.endpoint, {
    method: 'POST',
    headers: {
      ...headersFor(account.endpoint.href, { userAgent }),
      ...jsonHeaders,
      'content-type': 'application/json',
    },
    body: JSON.stringify(proofOf(account, Date.now())),
  })
  const answer = await readJson(response, { bytes: maxBytes })
  const token = (answer as { token?: unknown } | null)?.token ?? tokenInCookie(response.headers['set-cookie'])
  if (typeof token === 'string' && /^[!-~]+$/.test(token)) return token
  throw badReply('JSON without a token')
}

/** What DC/OS wants to see (marathon-api §7); `now` is in ms. */
function proofOf(account: Account, now: number): { uid: string; token: string } | { uid: string; password: string } {
  const { uid } = account
  if ('password' in account) return { uid, password: account.password }
  const claims = { uid, exp: Math.floor((now + validFor) / 1000) }
  return { uid, token: signed(claims, account.privateKey) }
}

/** A JSON Web Token, signed with RS256 (RFC 7519). */
function signed(claims: object, key: KeyObject): string {
  const parts = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)))
  const text = parts.map((part) => part.toString('base64url')).join('.')
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

const tokenInCookie = (cookies: string | string[] = []): string | undefined =>
  [cookies].flat().flatMap((cookie) => /^dcos-acs-auth-cookie=([^;]+)/.exec(cookie)?.[1] ?? [])[0]
