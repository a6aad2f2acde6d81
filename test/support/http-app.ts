import { createServer } from 'node:http'
import { listen } from './listen.js'

/** A running HTTP app; `requests` counts the requests it has answered. */
export interface HttpApp {
  port: number
  requests: number
  close(): Promise<void>
}

/**
 * Starts an HTTP app on 127.0.0.1 (port 0: any) that answers everything with 200 and its name, and /headers with the request's
 * headers as JSON.
 */
export async function startHttpApp(name: string, port = 0): Promise<HttpApp> {
  const server = createServer((request, response) => {
    app.requests++
    if (request.url === '/headers') {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(request.headers))
    } else {
      response.setHeader('Content-Type', 'text/plain').end(name)
    }
  })
  const app = { requests: 0, ...(await listen(server, port)) }
  return app
}
