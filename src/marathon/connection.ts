import v8 from 'node:v8'
import { UpdaterError } from '../errors.js'
import { lookupFor } from './addresses.js'
import { type Login, withToken } from './login.js'
import type { NameSystem } from './name-system.js'
import { failureOf } from './reply-body.js'
import { type Asker, type Connection, getFollowing, headersFor, type Response, userInfo } from './request.js'
import { Agent, request } from './undici.js'

/** How a server is reached: `ca` is PEM text in place of Node's certificates, `cert` and `key` are PEM text of what is shown to it. */
export interface Way {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
  /** Where host names are looked up. */
  names?: NameSystem
}

/** When a connection is cut, and after how many ms that is if it does not answer. */
interface Limits {
  signal: AbortSignal
  limit: number
}

/** A connection that is open until it is closed, or cut at `signal`. */
export function connect(way: Way, limits: Limits): Connection & { close(): Promise<void> } {
  // undici parses HTTP in WebAssembly; left to itself, V8 spends more on optimising that than one request takes. From Node 24 on it does not.
  if (Number.parseInt(process.versions.node, 10) < 24) v8.setFlagsFromString('--liftoff-only')
  const dispatcher = new Agent(agentOptions(way, limits))
  return {
    send: ({ origin, pathname, search }, { method = 'GET', ...message }) =>
      request.call(dispatcher, { origin, path: pathname + search, method, ...message }),
    explain: (error) => (limits.signal.aborted ? overdue(limits.limit) : failureOf(error)),
    close: () => dispatcher.destroy(),
  }
}

function agentOptions({ ca, cert, key, names }: Way, { signal, limit }: Limits): Agent.Options {
  // The signal is the socket's, since undici heeds that of a request only when it is connected. It is the only time limit.
  const connect = { signal, timeout: 0, ca, cert, key, lookup: lookupFor(limit, names) }
  return { connect, headersTimeout: 0, bodyTimeout: 0 }
}

const overdue = (limit: number): UpdaterError =>
  new UpdaterError('unavailable', `no complete answer within ${limit / 1000} s`)

/** Who asks whom: the base URL of a Marathon, by which connection, and as whom. */
interface Asking {
  source: Asker
  login: Login | undefined
  base: string
  connection: Connection
}

/**
 * The response to a GET with the credentials that are meant for this Marathon: those of its URL before those given, and these before
 * a login. `mayLeadTo`: whether a redirect to another host is followed. Throws what `getFollowing` and `withToken` throw.
 */
export function getAs(
  { source, login, base, connection }: Asking,
  url: URL,
  accept: Record<string, string>,
  mayLeadTo?: (to: URL) => Promise<boolean>,
): Promise<Response> {
  const get = (token = source.token) => {
    const headers = { ...headersFor(base, { ...source, token }), ...accept }
    return getFollowing(url, (target) => connection.send(target, { headers }), mayLeadTo)
  }
  return login && !userInfo(base) && !source.auth ? withToken(login, connection, get) : get()
}
