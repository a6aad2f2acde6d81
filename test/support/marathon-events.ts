import type { IncomingMessage, ServerResponse } from 'node:http'

/** The event stream of a test Marathon. */
export interface MarathonEvents {
  /** How many are connected. */
  readonly connected: number
  /** Events are lost while this is true: Marathon drops what it cannot send, and says nothing. */
  drops: boolean
  /** Whether it sends heartbeats, every 100 ms; it is silent without. */
  beats: boolean
  /** Sends an event to all who asked for its type, or for none. */
  emit(type: string, event?: object): void
  /** Ends all connections, as a Marathon does that no longer leads. */
  cut(): void
  /** Answers GET /v2/events. */
  answer(request: IncomingMessage, response: ServerResponse, wanted: string[]): void
}

/** Events as Jetty writes them (marathon-api §8): lines end with CR LF, a heartbeat is an empty one. */
export function openEventStream(): MarathonEvents {
  const connections = new Map<ServerResponse, string[]>()
  const events: MarathonEvents = {
    get connected() {
      return connections.size
    },
    drops: false,
    beats: true,
    emit(eventType, event = {}) {
      if (events.drops) return
      const data = JSON.stringify({ ...event, eventType, timestamp: '2024-01-01T00:00:00.000Z' })
      for (const [response, wanted] of connections) {
        const isWanted = wanted.length === 0 || wanted.includes(eventType)
        if (isWanted) response.write(`event: ${eventType}\r\ndata: ${data}\r\n\r\n`)
      }
    },
    cut() {
      for (const response of connections.keys()) response.end()
    },
    answer(request, response, wanted) {
      if (request.headers.accept !== 'text/event-stream') {
        response.writeHead(405).end()
        return
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream;charset=UTF-8', Connection: 'close' }).flushHeaders()
      connections.set(response, wanted)
      const beating = setInterval(() => events.beats && response.write('\r\n'), 100).unref()
      response.once('close', () => {
        clearInterval(beating)
        connections.delete(response)
      })
    },
  }
  return events
}
