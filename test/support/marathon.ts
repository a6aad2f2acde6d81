import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { gzipSync } from 'node:zlib'
import { listen } from './listen.js'
import { type MarathonEvents, openEventStream } from './marathon-events.js'
import { commit, type Fault, type Send } from './marathon-faults.js'

/** The files of a server with TLS; it is only for clients that show a certificate of `clientCa`, if that is given. */
export interface TlsFiles {
  key: string
  cert: string
  clientCa?: string
}

/** How the test Marathon is reached; `token`, or any that it accepts, is what DC/OS sends as `Authorization: token=…`. */
export interface MarathonOptions {
  tls?: TlsFiles
  basic?: string
  token?: string | ((token: string) => boolean)
  gzip?: boolean
  basePath?: string
}

/** A running test Marathon. What it answers can be changed at any time; `requests` holds every request, paths with their query. */
export interface TestMarathon {
  url: string
  apps: unknown[]
  /** What goes wrong with every request, until it is undefined again. */
  fault: Fault | undefined
  events: MarathonEvents
  /** What goes wrong with requests for events alone. */
  eventFault: Fault | undefined
  /** `host:port`, as GET /v2/leader names it. */
  leader: string | undefined
  /** Where `redirect-elsewhere` leads. */
  redirectTo: string
  /** What each reply with the apps, made when they are asked for, waits for before it is sent. */
  hold: Promise<void>
  requests: { path: string; headers: IncomingHttpHeaders }[]
  close(): Promise<void>
}

/** Starts a Marathon on 127.0.0.1 that answers GET /v2/apps, /v2/events and /v2/leader as 1.5 and later do, and 404 to everything else. */
export async function startMarathon(apps: unknown[], options: MarathonOptions = {}): Promise<TestMarathon> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(origin + request.url)
    marathon.requests.push({ path: url.pathname + url.search, headers: request.headers })
    const reply = replyOf(marathon.apps, url)
    const send = sender(response, options.gzip)
    const { redirectTo, events, leader, hold } = marathon
    const path = url.pathname.slice((options.basePath ?? '').length)
    const fault = marathon.fault ?? (path === '/v2/events' ? marathon.eventFault : undefined)
    if (fault && !url.searchParams.has('redirected')) commit(fault, { request, response, url, reply, redirectTo, send })
    else if (!isAuthorised(request.headers, options)) send(401, '{"message":"Invalid username or password."}')
    else if (request.method === 'GET' && path === '/v2/apps') void hold.then(() => send(200, reply))
    else if (request.method === 'GET' && path === '/v2/events')
      events.answer(request, response, url.searchParams.getAll('event_type'))
    else if (request.method === 'GET' && path === '/v2/leader' && leader) send(200, JSON.stringify({ leader }))
    else send(404, '{"message":"HTTP 404 Not Found"}')
  }
  const { tls } = options
  const server = tls ? createTlsServer(readTls(tls), answer) : createServer(answer)
  const { port, close } = await listen(server, 0)
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const marathon: TestMarathon = {
    url: origin + (options.basePath ?? ''),
    apps,
    fault: undefined,
    events: openEventStream(),
    eventFault: undefined,
    leader: undefined,
    redirectTo: 'http://localhost.invalid:1/',
    hold: Promise.resolve(),
    requests: [],
    close,
  }
  return marathon
}

/** What node:https wants to know of a server. */
export function readTls({ key, cert, clientCa }: TlsFiles): ServerOptions {
  const files = { key: readFileSync(key), cert: readFileSync(cert) }
  if (clientCa === undefined) return files
  return { ...files, ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }
}

/** Answers with a text, compressed where that is wished and the client takes it. */
export const sender =
  (response: ServerResponse, gzip = false): Send =>
  (status, text, type = 'application/json') => {
    const compress = gzip && /\bgzip\b/.test(String(response.req.headers['accept-encoding']))
    const body = compress ? gzipSync(text) : Buffer.from(text)
    const encoding = compress ? { 'Content-Encoding': 'gzip' } : {}
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length, ...encoding }).end(body)
  }

function isAuthorised({ authorization }: IncomingHttpHeaders, { basic, token }: MarathonOptions): boolean {
  const accepts = typeof token === 'string' ? (given: string) => given === token : token
  if (accepts) return authorization?.startsWith('token=') === true && accepts(authorization.slice('token='.length))
  return basic === undefined || authorization === `Basic ${Buffer.from(basic).toString('base64')}`
}

function replyOf(apps: unknown[], { searchParams }: URL): string {
  const selected = apps.filter((app) => isSelected(app, searchParams.get('label') ?? ''))
  const embedded = searchParams.getAll('embed').includes('apps.tasks')
  return JSON.stringify({ apps: selected.map((app) => (embedded ? app : withoutTasks(app))) })
}

/** A label selector: `KEY==VALUE`, more of them separated by commas, all of which must hold. */
function isSelected(app: unknown, selector: string): boolean {
  const labels = (app as { labels?: Record<string, string> } | null)?.labels ?? {}
  return selector.split(',').every((term) => {
    const [key = '', value] = term.split('==')
    return key === '' || labels[key] === value
  })
}

const withoutTasks = (app: unknown): unknown => (isObject(app) ? { ...app, tasks: undefined } : app)

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
