import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { listen } from './listen.js'
import { readTls, sender, type TlsFiles } from './marathon.js'
import { commit, type Fault } from './marathon-faults.js'

/** A running test login of DC/OS, for one service account and one user. */
export interface TestLogin {
  url: string
  /** The JSON of the service account and of the user, by whose `uid` and secrets they are recognised. */
  service: { uid: string; private_key: string; login_endpoint: string; scheme: 'RS256' }
  user: { uid: string; password: string; login_endpoint: string }
  /** Every login that was tried. */
  requests: { path: string; headers: IncomingHttpHeaders; body: string }[]
  /** The tokens given so far that count. `accepts` is for a Marathon. */
  tokens: Set<string>
  accepts(token: string): boolean
  /** What goes wrong with every login, until it is undefined again. */
  fault: Fault | undefined
  /** Where `redirect-elsewhere` leads. */
  redirectTo: string
  /** What a login is answered with: its token is in the body, or in a cookie only. */
  tokenIn: 'body' | 'cookie'
  close(): Promise<void>
}

const path = '/acs/api/v1/auth/login'
const longest = 10 * 60

/** The key of a service account as PEM text, and the one to verify it with. */
export function createKeys(): { privatePem: string; publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey }
}

const keys = createKeys()

/** Starts a login on 127.0.0.1 that gives tokens as DC/OS does: 401 to who does not prove to be who they say. */
export async function startLogin(tls: TlsFiles): Promise<TestLogin> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { fault, redirectTo, tokens } = login
    const url = new URL(login.url)
    const body = await text(request)
    login.requests.push({ path: request.url ?? '', headers: request.headers, body })
    const send = sender(response, true)
    const token = `t0ken.${tokens.size}.${Math.random()}`
    const reply = JSON.stringify({ token })
    if (fault) commit(fault, { request, response, url, reply, redirectTo, send })
    else if (request.method !== 'POST' || request.url !== path) send(404, '{"title":"Not Found"}')
    else if (request.headers['content-type'] !== 'application/json') send(400, '{"title":"Bad Request"}')
    else if (!isProven(body, login)) send(401, '{"title":"Unauthorized"}')
    else {
      tokens.add(token)
      const inCookie = login.tokenIn === 'cookie'
      if (inCookie) response.setHeader('Set-Cookie', ['other=1', `dcos-acs-auth-cookie=${token}; Path=/; HttpOnly`])
      send(200, inCookie ? '{}' : reply)
    }
  }
  const { port, close } = await listen(
    createServer(readTls(tls), (request, response) => void answer(request, response)),
    0,
  )
  const url = `https://127.0.0.1:${port}${path}`
  const login: TestLogin = {
    url,
    service: { uid: 'haproxy', private_key: keys.privatePem, login_endpoint: url, scheme: 'RS256' },
    user: { uid: 'me@dcos.test', password: 'pa"ss:wörd', login_endpoint: url },
    requests: [],
    tokens: new Set(),
    accepts: (token) => login.tokens.has(token),
    fault: undefined,
    redirectTo: 'http://localhost.invalid:1/',
    tokenIn: 'body',
    close,
  }
  return login
}

function isProven(body: string, { service, user }: TestLogin): boolean {
  const { uid, password, token, ...others } = JSON.parse(body)
  if (Object.keys(others).length > 0) return false
  if (uid === user.uid) return token === undefined && password === user.password
  return uid === service.uid && password === undefined && isSigned(String(token), uid)
}

/** RS256 (RFC 7519), for this user, and valid for at most ten minutes from now. */
function isSigned(token: string, uid: string): boolean {
  const [header = '', payload = '', signature = '', ...others] = token.split('.')
  const { alg } = read(header)
  const claims = read(payload)
  const left = Number(claims['exp']) - Date.now() / 1000
  const isRight = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    keys.publicKey,
    Buffer.from(signature, 'base64url'),
  )
  return others.length === 0 && alg === 'RS256' && claims['uid'] === uid && left > 0 && left <= longest && isRight
}

const read = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())
