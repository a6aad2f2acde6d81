import v8 from 'node:v8'
import type { Agent } from 'undici'
import { reasonOf, UpdaterError } from '../errors.js'
import { lookupFor } from './addresses.js'
import type { NameSystem } from './name-system.js'
import { badReply, type Reply, readReply } from './reply-body.js'
import { appsUrl, getFollowing, headersFor, type Request, withoutCredentials } from './request.js'

/**
 * Where Marathon is and how it is asked. `ca` is PEM text in place of Node's certificates, `maxBytes` limits the decompressed
 * reply, `names` says where the host names of `urls` are looked up.
 */
export interface Source extends Request {
  urls: string[]
  ca?: string | undefined
  maxBytes: number
  names?: NameSystem
}

interface Answer {
  url: string
  reply: Reply
}

interface Failure {
  url: string
  error: UpdaterError
}

/**
 * The apps and tasks of the first URL that has any, and that URL without credentials. All URLs together have `budget` ms, each
 * an equal share of what is left. A reply without apps counts only if no URL has another (marathon-api §7: a node that does not
 * lead may answer so). Where no URL replies, throws `auth-refused` before `bad-reply` before `unavailable`, and what each said.
 */
export async function fetchReply(source: Source, budget: number): Promise<Answer> {
  const deadline = performance.now() + budget
  const failures: Failure[] = []
  let empty: Answer | undefined
  for (const [index, url] of source.urls.entries()) {
    const share = (deadline - performance.now()) / (source.urls.length - index)
    const outcome = await ask(source, url, Math.max(1, Math.ceil(share)))
    if ('error' in outcome) failures.push(outcome)
    else if (outcome.reply.apps.length > 0) return outcome
    else empty ??= outcome
  }
  if (empty) return empty
  throw noReply(failures)
}

async function ask(source: Source, base: string, limit: number): Promise<Answer | Failure> {
  const url = withoutCredentials(base)
  const headers = headersFor(base, source)
  const signal = AbortSignal.timeout(limit)
  const { Agent, request } = await loadUndici()
  const dispatcher = new Agent(agentOptions(source, limit, signal))
  try {
    const target = appsUrl(base, source.labelSelector)
    const response = await getFollowing(target, (next) => request(next, { dispatcher, headers }))
    return { url, reply: await readReply(response, source.maxBytes) }
  } catch (error) {
    return { url, error: signal.aborted ? overdue(limit) : asUpdaterError(error) }
  } finally {
    await dispatcher.destroy()
  }
}

async function loadUndici() {
  // undici parses HTTP in WebAssembly; left to itself, V8 spends more on optimising that than one request takes.
  v8.setFlagsFromString('--liftoff-only')
  return import('undici')
}

function agentOptions({ ca, names }: Source, limit: number, signal: AbortSignal): Agent.Options {
  // The signal is the socket's, since undici heeds that of a request only when it is connected. It is the only time limit.
  const connect = { signal, timeout: 0, ca, lookup: lookupFor(limit, names) }
  return { connect, headersTimeout: 0, bodyTimeout: 0 }
}

const overdue = (limit: number): UpdaterError =>
  new UpdaterError('unavailable', `no complete answer within ${limit / 1000} s`)

function asUpdaterError(error: unknown): UpdaterError {
  if (error instanceof UpdaterError) return error
  // Where a name has several addresses, this error stands for theirs and says nothing itself.
  const reason = reasonOf(error instanceof AggregateError ? error.errors[0] : error)
  const isHttp = !(error instanceof Error && error.name === 'HTTPParserError')
  return isHttp ? new UpdaterError('unavailable', reason, { cause: error }) : badReply(`not HTTP (${reason})`)
}

const remedies = {
  'auth-refused': 'check --auth-file or --token-file',
  'bad-reply': 'check that --marathon is the address of Marathon itself, with its base path if it has one',
  unavailable: 'check that Marathon runs, and that this host reaches it and trusts its certificate (--ca-file)',
}

function noReply(failures: Failure[]): UpdaterError {
  const ranking = ['auth-refused', 'bad-reply', 'unavailable'] as const
  const exit = ranking.find((name) => failures.some(({ error }) => error.exit === name)) ?? 'unavailable'
  const reasons = failures.map(({ url, error }) => `${url}: ${error.message}`).join('; ')
  return new UpdaterError(exit, `no reply from Marathon (${reasons}): ${remedies[exit]}`)
}
