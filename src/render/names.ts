import { createHash } from 'node:crypto'
import type { Bind } from '../haproxy/config-text.js'

const plainId = /^(\/[A-Za-z0-9.-]+)+$/
const longest = 200

/**
 * The backend of an app's n-th port: `/shop/web`, 0 → `shop_web_0`. Two ids never share a name: an id with anything but letters,
 * digits, `.` and `-`, or a very long one, gets `:` and a hash, which no plain id can spell.
 */
export function backendName(appId: string, portIndex: number): string {
  const flat = appId.slice(1).replaceAll('/', '_')
  if (plainId.test(appId) && flat.length <= longest) return `${flat}_${portIndex}`
  const hash = createHash('sha256').update(appId).digest('hex').slice(0, 32)
  return `${flat.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, longest)}:${hash}_${portIndex}`
}

/**
 * The frontend of a service port, with its address where that is not the `usual` one. The colon keeps it apart from every backend: equal
 * names are refused by HAProxy 3.4.
 */
export function frontendName({ address, port }: Bind, usual: string): string {
  return address === usual ? `service:${port}` : `service:${address === '*' ? 'all' : address}:${port}`
}

/** The userlist of a backend. */
export function userlistName(backend: string): string {
  return `users:${backend}`
}

/** What a sticky client's cookie says of its server: the same for the same server, and nothing of its address to read. */
export function cookieValue(server: string): string {
  return createHash('sha256').update(server).digest('hex').slice(0, 10)
}

/** A server's name: the task's address as Marathon gives it and the port, so that equal state gives equal names. */
export function serverName(host: string, port: number): string {
  return `${host}_${port}`
}

/** `address:port` as HAProxy reads it, IPv6 in brackets. */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** A bind as HAProxy reads it. */
export function bindText(bind: Bind): string {
  return endpointText(bind.address, bind.port)
}
