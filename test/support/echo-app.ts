import { createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { listen } from './listen.js'

/** The app that answered, and what it saw of the request. */
export interface Seen {
  name: string
  path: string
  headers: IncomingHttpHeaders
}

/** An answer; `seen` is undefined where it is HAProxy's own. */
export interface Got {
  status: number
  headers: IncomingHttpHeaders
  seen: Seen | undefined
}

/** What a request says besides its path; `from` is the client's address. */
export interface Asking {
  host?: string
  headers?: Record<string, string>
  tls?: boolean
  from?: string
}

/**
 * Starts an HTTP app on 127.0.0.1 that answers every request with its name and what it saw, as JSON, and with the `Location` that
 * the request's own X-Answer-Location asks for.
 */
export async function startEchoApp(name: string): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(({ url, headers }, response) => {
    const location = headers['x-answer-location']
    if (location !== undefined) response.setHeader('Location', location)
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ name, path: url, headers }))
  })
  return listen(server, 0)
}

/** What is answered on a port of 127.0.0.1, on a connection of its own. Rejects where the connection is cut. */
export async function get(port: number, path: string, asking: Asking = {}): Promise<Got> {
  const { host = 'any.test', headers, tls = false, from } = asking
  const target = { host: '127.0.0.1', port, path, headers: { host, ...headers }, agent: false, localAddress: from }
  const options = { ...target, servername: host.replace(/:.*/, ''), rejectUnauthorized: false }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    ;(tls ? httpsRequest : httpRequest)(options, resolve).on('error', reject).end()
  })
  const body = await text(response)
  const isOfApp = response.headers['content-type'] === 'application/json'
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    seen: isOfApp ? (JSON.parse(body) as Seen) : undefined,
  }
}
