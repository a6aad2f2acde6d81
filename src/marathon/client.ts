import { elapsed } from '../clock.js'
import { UpdaterError } from '../errors.js'
import { connect, getAs, type Way } from './connection.js'
import { type Login, loginRemedies } from './login.js'
import type { Account } from './login-account.js'
import { type Reply, readReply } from './reply-body.js'
import { type Asker, appsUrl, jsonHeaders, type Query, withoutCredentials } from './request.js'

/**
 * Where Marathon is and how it is asked. `maxBytes` limits the decompressed reply. An `account` logs in for a token, for URLs that
 * have no other credentials. `known` is the fingerprint of a reply that had apps.
 */
export interface Source extends Query, Asker, Way {
  urls: string[]
  account?: Account | undefined
  maxBytes: number
  known?: string | undefined
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
  const login = startLogin(source)
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

const logins = new WeakMap<Account, Login>()

/** The login of an account, if there is one: the same whoever is asked, and as often as a process asks. */
export function loginOf({ account, userAgent }: Source): Login | undefined {
  if (!account) return undefined
  const login = logins.get(account) ?? { account, userAgent }
  logins.set(account, login)
  return login
}

/** The same for a run, which may fetch a token anew; what was refused is tried again after a while. */
function startLogin(source: Source): Login | undefined {
  const login = loginOf(source)
  if (!login) return undefined
  login.isRenewed = false
  if (login.failedAt !== undefined && elapsed() - login.failedAt > refusalLasts) login.failure = undefined
  return login
}

const refusalLasts = 55_000

async function ask(source: Source, login: Login | undefined, base: string, limit: number): Promise<Answer | Failure> {
  const url = withoutCredentials(base)
  const connection = connect(source, { signal: AbortSignal.timeout(limit), limit })
  try {
    const response = await getAs({ source, login, base, connection }, appsUrl(base, source), jsonHeaders)
    return { url, reply: await readReply(response, source.maxBytes, source.known) }
  } catch (error) {
    if (login?.failure && error === login.failure) return { url, error: login.failure, remedies: loginRemedies }
    return { url, error: connection.explain(error), remedies }
  } finally {
    await connection.close()
  }
}

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
