import v8 from 'node:v8'
import { elapsed } from '../clock.js'
import { UpdaterError } from '../errors.js'
import { lookupFor } from './addresses.js'
import { type Login, loginRemedies, withToken } from './login.js'
import type { Account } from './login-account.js'
import type { NameSystem } from './name-system.js'
import { failureOf, type Reply, readReply } from './reply-body.js'
import {
  type Asker,
  appsUrl,
  type Connection,
  getFollowing,
  headersFor,
  type Query,
  type Response,
  userInfo,
  withoutCredentials,
} from './request.js'
import { Agent, request } from './undici.js'

/**
 * Where Marathon is and how it is asked. `ca` is PEM text in place of Node's certificates, `cert` and `key` are PEM text of what
 * is shown to a server that wants it, `maxBytes` limits the decompressed reply, `names` says where host names are looked up. An
 * `account` logs in for a token, for URLs that have no other credentials. `known` is the fingerprint of a reply that had apps.
 */
export interface Source extends Query, Asker {
  urls: string[]
  account?: Account | undefined
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
  maxBytes: number
  known?: string | undefined
  names?: NameSystem
}

interface Answer {
  url: string
  reply: Reply
}

interface Failure {
  url: string
  error: UpdaterError
  remedies: typeof remedies
}

/**
 * The apps and tasks of the first URL that has any, and that URL without credentials. All URLs together have `budget` ms, each
 * an equal share of what is left. A reply without apps counts only if no URL has another (marathon-api §7: a node that does not
 * lead may answer so). Where no URL replies, throws `auth-refused` before `bad-reply` before `unavailable`, and what each said.
 */
export async function fetchReply(source: Source, budget: number): Promise<Answer> {
  const deadline = elapsed() + budget
  const login = source.account && { account: source.account, userAgent: source.userAgent }
  const failures: Failure[] = []
  let empty: Answer | undefined
  for (const [index, url] of source.urls.entries()) {
    const share = (deadline - elapsed()) / (source.urls.length - index)
    const outcome = await ask(source, login, url, Math.max(1, Math.ceil(share)))
    if ('error' in outcome) failures.push(outcome)
    else if (outcome.reply.fingerprint === source.known || outcome.reply.apps.length > 0) return outcome
    else empty ??= outcome
  }
  if (empty) return empty
  throw noReply(failures)
}

async function ask(source: Source, login: Login | undefined, base: string, limit: number): Promise<Answer | Failure> {
  const url = withoutCredentials(base)
  const connection = await connect(source, limit)
  try {
    const response = await getApps(source, login, base, connection)
    return { url, reply: await readReply(response, source.maxBytes, source.known) }
  } catch (error) {
    if (login?.failure && error === login.failure) return { url, error: login.failure, remedies: loginRemedies }
    return { url, error: connection.explain(error), remedies }
  } finally {
    await connection.close()
  }
}

function getApps(source: Source, login: Login | undefined, base: string, connection: Connection): Promise<Response> {
  const get = (token = source.token) => {
    const headers = headersFor(base, { ...source, token })
    return getFollowing(appsUrl(base, source), (target) => connection.send(target, { headers }))
  }
  return login && !userInfo(base) && !source.auth ? withToken(login, connection, get) : get()
}

/** All of a connection is cut after `limit` ms. */
async function connect(source: Source, limit: number): Promise<Connection & { close(): Promise<void> }> {
  const signal = AbortSignal.timeout(limit)
  // undici parses HTTP in WebAssembly; left to itself, V8 spends more on optimising that than one request takes. From Node 24 on it does not.
  if (Number.parseInt(process.versions.node, 10) < 24) v8.setFlagsFromString('--liftoff-only')
  const dispatcher = new Agent(agentOptions(source, limit, signal))
  return {
    send: ({ origin, pathname, search }, { method = 'GET', ...message }) =>
      request.call(dispatcher, { origin, path: pathname + search, method, ...message }),
    explain: (error) => (signal.aborted ? overdue(limit) : failureOf(error)),
    close: () => dispatcher.destroy(),
  }
}

function agentOptions({ ca, cert, key, names }: Source, limit: number, signal: AbortSignal): Agent.Options {
  // The signal is the socket's, since undici heeds that of a request only when it is connected. It is the only time limit.
  const connect = { signal, timeout: 0, ca, cert, key, lookup: lookupFor(limit, names) }
  return { connect, headersTimeout: 0, bodyTimeout: 0 }
}

const overdue = (limit: number): UpdaterError =>
  new UpdaterError('unavailable', `no complete answer within ${limit / 1000} s`)

const remedies = {
  'auth-refused': 'check --auth-file, --token-file or --dcos-credentials-file',
  'bad-reply': 'check that --marathon is the address of Marathon itself, with its base path if it has one',
  unavailable:
    'check that Marathon runs, and that this host reaches it, trusts its certificate (--ca-file) and shows one where it must (--client-cert)',
}

function noReply(failures: Failure[]): UpdaterError {
  const ranking = ['auth-refused', 'bad-reply', 'unavailable'] as const
  const exit = ranking.find((name) => failures.some(({ error }) => error.exit === name)) ?? 'unavailable'
  const reasons = failures.map(({ url, error }) => `${url}: ${error.message}`).join('; ')
  const remedy = failures.find(({ error }) => error.exit === exit)?.remedies ?? remedies
  return new UpdaterError(exit, `no reply from Marathon (${reasons}): ${remedy[exit]}`)
}
