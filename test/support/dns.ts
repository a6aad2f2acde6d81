import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { encodeAnswer, readQuestion } from './dns-message.js'

/** What the server knows of a name, after how many ms it says so, or how it fails. */
export interface Zone {
  a?: string[]
  aaaa?: string[]
  delay?: number
  fail?: 'servfail' | 'timeout' | 'nxdomain'
}

/** A running DNS server; `zones` (names in lower case) can be changed at any time, `queries` are such as `A some.name`. */
export interface TestDns {
  address: string
  queries: string[]
  zones: Record<string, Zone>
  close(): Promise<void>
}

/** Starts a DNS server for A and AAAA on a port of 127.0.0.1. A name without a zone gets NXDOMAIN. */
export async function startDns(zones: Record<string, Zone>): Promise<TestDns> {
  const socket = createSocket('udp4')
  const timers = new Set<NodeJS.Timeout>()
  socket.on('message', (message, { port, address }) => {
    const question = readQuestion(message)
    dns.queries.push(`${question.type} ${question.name}`)
    const zone = dns.zones[question.name] ?? { fail: 'nxdomain' }
    if (zone.fail === 'timeout') return
    const records = question.type === 'A' ? zone.a : question.type === 'AAAA' ? zone.aaaa : []
    const answer = encodeAnswer(question, zone.fail ?? 'noerror', records ?? [])
    const timer = setTimeout(() => {
      timers.delete(timer)
      socket.send(answer, port, address)
    }, zone.delay ?? 0)
    timers.add(timer)
  })
  socket.bind(0, '127.0.0.1').unref()
  await once(socket, 'listening')
  const dns: TestDns = {
    address: `127.0.0.1:${socket.address().port}`,
    queries: [],
    zones,
    close: () => {
      for (const timer of timers) clearTimeout(timer)
      return new Promise((resolve) => socket.close(() => resolve()))
    },
  }
  return dns
}
