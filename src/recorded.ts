import { isRecord, type Json, record, texts } from './marathon/json.js'
import { auth, location } from './marathon/label-values.js'
import { checkNames, LabelError } from './marathon/labels.js'

/** Gives what may be kept of an unknown value; undefined: nothing. */
type Copy = (value: unknown) => unknown

const text: Copy = (value) => (typeof value === 'string' ? value : undefined)
const number: Copy = (value) => (typeof value === 'number' ? value : undefined)
const flag: Copy = (value) => (typeof value === 'boolean' ? value : undefined)

/** What is compared, or whose type is told, whatever it is. */
const scalar: Copy = (value) => (value !== null && typeof value === 'object' ? {} : value)

const object =
  (fields: Record<string, Copy>): Copy =>
  (value) => {
    if (!isRecord(value)) return undefined
    const kept = Object.entries(fields).map(([name, copy]) => [name, copy(value[name])])
    return Object.fromEntries(kept.filter(([, copied]) => copied !== undefined))
  }

/** What stands in a list keeps its place, and null is less than an object without members. */
const items =
  (copy: Copy): Copy =>
  (value) =>
    Array.isArray(value) ? value.map((item) => (item === null ? null : (copy(item) ?? {}))) : undefined

/** A list whose order says nothing. */
const byId =
  (copy: Copy): Copy =>
  (value) =>
    Array.isArray(value) ? value.toSorted((a, b) => compare(idOf(a), idOf(b))).map(copy) : undefined

const idOf = (value: unknown): string => String(scalar(record(value)['id']))
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** What a URL in a text says of who asks: `user:password`. */
const login = /(?<=\/\/)[^/@\s]+(?=@)/g

/** Of another length or with other signs a path might not be taken. */
const illegible = (secret: string): string => secret.replace(/[\x21-\x7e]/g, 'x').replace(/[^\x21-\x7e]/g, ' ')

/** The query of a health check may hold a key, and a URL in its place a login. */
const checkPath: Copy = (value) =>
  typeof value === 'string' ? value.replace(login, illegible).replace(/(?<=[?#]).*/s, illegible) : undefined

/** Only that there are some is read. */
const hollow = items(() => ({}))

const portMappings = items(object({ containerPort: number, hostPort: number, servicePort: number, protocol: text }))

/** All that this program reads of a task (src/marathon/tasks.ts). */
const task = object({
  id: scalar,
  host: text,
  ports: items(number),
  ipAddresses: items(object({ ipAddress: text })),
  state: text,
  startedAt: text,
  version: scalar,
  healthCheckResults: items(object({ alive: flag, lastSuccess: text, lastFailure: text })),
})

/** All that this program reads of an app (src/marathon/reply.ts). */
const appWith = (labels: Copy): Copy =>
  object({
    id: scalar,
    version: scalar,
    labels,
    networks: items(object({ mode: text })),
    ipAddress: object({ discovery: object({ ports: items(object({ number, protocol: text })) }) }),
    container: object({ portMappings, docker: object({ network: text, portMappings }) }),
    portDefinitions: items(object({ port: number, protocol: text })),
    ports: items(number),
    healthChecks: items(
      object({
        protocol: text,
        path: checkPath,
        portIndex: number,
        port: number,
        intervalSeconds: number,
        timeoutSeconds: number,
        maxConsecutiveFailures: number,
      }),
    ),
    readinessChecks: hollow,
    readinessCheckResults: items(object({ taskId: scalar, ready: flag })),
    deployments: hollow,
    tasksRunning: number,
    tasks: byId(task),
  })

/**
 * A reply that routes as these apps do, as JSON in a fixed order, and holds nothing else of them: an allow-list of what this program
 * reads. Password hashes become some that no password fits, texts for templates of marathon-lb become harmless ones that are judged
 * the same, the queries of health checks become illegible, and so do logins in URLs, which no label may hold that is taken: only the
 * words that refuse it differ. A recorded reply is recorded as it is.
 */
export function recorded(apps: unknown[]): string {
  const hide = hashHider()
  const app = appWith((value) => labelsOf(texts(value), hide))
  const sorted = apps.toSorted((a, b) => compare(idOf(a), idOf(b)))
  return `${JSON.stringify({ apps: sorted.map((one) => app(one) ?? {}) }, null, 2)}\n`
}

type Hide = (value: string) => string

const ofApp = /^HAPROXY_(GROUP|DEPLOYMENT_(GROUP|STARTED_AT|TARGET_INSTANCES))$/

function labelsOf(labels: Record<string, string>, hide: Hide): Json | undefined {
  const kept = Object.entries(labels).flatMap(([name, value]) => {
    const prefix = /^HAPROXY_\d+_/.exec(name)?.[0]
    if (prefix === undefined) return ofApp.test(name) ? [[name, value]] : []
    return [[name, name === `${prefix}AUTH` ? hide(value) : judgedAlike(name, value, prefix)]]
  })
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** The value of a label that is read; of one that is passed over or refused for its text, another text with that fate. */
function judgedAlike(name: string, value: string, prefix: string): string {
  try {
    return checkNames([name], { [name]: value }, prefix).length > 0 ? '' : withoutLogin(name, value, prefix)
  } catch (error) {
    if (error instanceof LabelError) return 'http-request deny'
    throw error
  }
}

/** Where requests are sent anybody may read, and it is rendered as it is. */
function withoutLogin(name: string, value: string, prefix: string): string {
  const isPublic = name === `${prefix}HTTP_BACKEND_REDIR` && location(value.trim()) !== undefined
  return isPublic ? value : value.replace(login, 'removed')
}

/**
 * Hides the hashes of AUTH labels. Those of one realm and user that differ go on differing: blue and green are one service only if they
 * let in the same.
 */
function hashHider(): Hide {
  const seen = new Map<string, string[]>()
  return (value) => {
    const parsed = auth(value.trim())
    if (!parsed) return 'removed'
    const whose = `${parsed.realm}:${parsed.user}`
    const hashes = seen.get(whose) ?? []
    if (!hashes.includes(parsed.hash)) hashes.push(parsed.hash)
    seen.set(whose, hashes)
    return `${whose}:${noPassword(hashes.indexOf(parsed.hash))}`
  }
}

/** A hash as crypt(3) takes it and never makes it: the last sign of SHA-256 is one of the first sixteen. */
const noPassword = (nth: number): string => `$5$removed${nth}$${'.'.repeat(42)}z`
