import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** Answers a request, with JSON unless told otherwise. */
export type Send = (status: number, text: string, type?: string) => void

/** A request, what the right reply to it would be, and the way to answer it. */
interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  reply: string
  redirectTo: string
  send: Send
}

/** What can go wrong with a request. */
export type Fault = keyof typeof faults

/** Answers a request with a fault. */
export function commit(fault: Fault, exchange: Exchange): void {
  faults[fault](exchange)
}

const json = 'application/json'
const mebibyte = 1024 * 1024

const answering =
  (status: number, text: string, type = json) =>
  ({ send }: Exchange): void =>
    send(status, text, type)

const faults = {
  reset: ({ request }: Exchange) => void request.socket.resetAndDestroy(),
  hang: () => {},
  drip,
  '401': answering(401, '{"message":"Invalid username or password."}'),
  '403': answering(403, '{"message":"Not Authorized to perform this action!"}'),
  '404': answering(404, '{"message":"HTTP 404 Not Found"}'),
  '500-html': answering(500, '<html><body><h1>Internal Server Error</h1></body></html>', 'text/html'),
  '503-json': answering(503, '{"message":"Could not determine the current leader"}'),
  'redirect-elsewhere': ({ response, redirectTo }: Exchange) => redirect(response, redirectTo),
  redirect: ({ response, url }: Exchange) => redirect(response, marked(url)),
  empty: answering(200, ''),
  'no-apps': answering(200, '{}'),
  'null-apps': answering(200, '{"apps":null}'),
  'empty-apps': answering(200, '{"apps":[]}'),
  'cut-off': cutOff,
  html: answering(200, '<!doctype html><title>Sign in</title>', 'text/html'),
  'not-json': answering(200, 'this is not JSON'),
  huge: ({ reply, send }: Exchange) => send(200, reply + ' '.repeat(8 * mebibyte)),
  'gzip-bomb': gzipBomb,
}

function drip({ response }: Exchange): void {
  response.writeHead(200, { 'Content-Type': json }).flushHeaders()
  const timer = setInterval(() => response.write(' '), 50).unref()
  response.once('close', () => clearInterval(timer))
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location }).end()
}

/** A marked address is answered as if there was no fault: each request is redirected once. */
function marked(url: URL): string {
  const target = new URL(url)
  target.searchParams.set('redirected', 'true')
  return target.href
}

function cutOff({ request, response, reply }: Exchange): void {
  const body = Buffer.from(reply)
  response.writeHead(200, { 'Content-Type': json, 'Content-Length': body.length })
  response.write(body.subarray(0, body.length / 2), () => request.socket.destroy())
}

/** A right reply with 64 MiB of blanks behind it, some 64 kB on the wire. */
let blanks: Buffer | undefined

/** gzip may come in parts, so that the large one is made once. */
function gzipBomb({ response, reply }: Exchange): void {
  blanks ??= gzipSync(' '.repeat(64 * mebibyte))
  const body = Buffer.concat([gzipSync(reply), blanks])
  const headers = { 'Content-Type': json, 'Content-Encoding': 'gzip', 'Content-Length': body.length }
  response.writeHead(200, headers).end(body)
}
