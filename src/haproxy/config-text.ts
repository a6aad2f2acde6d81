import { isIP } from 'node:net'

/** A `server` line of a configuration text: the section it stands in, its name, and the whole line without blanks around it. */
export interface ServerLine {
  section: string
  name: string
  line: string
}

/** A `bind` of a configuration text: the address as written (`*`, IPv4, or IPv6 without brackets) and the port. */
export interface Bind {
  address: string
  port: number
  /** It says where else than in this host's usual place it listens, so that a try tells nothing. */
  isUntriable?: boolean
}

/** Options that make a bind untriable: it is to an interface, a namespace, or an address that this host need not have. */
export const untriableOptions = ['transparent', 'interface', 'namespace']

const everywhere = ['*', '0.0.0.0', '::']

/** Whether two binds would listen at one place, so that HAProxy would share the traffic out between them. */
export function overlap(a: Bind, b: Bind): boolean {
  const samePlace = a.address === b.address || everywhere.includes(a.address) || everywhere.includes(b.address)
  return a.port === b.port && samePlace
}

/** Binds by their port. */
export function bindsByPort<T extends Bind>(binds: T[]): Map<number, T[]> {
  const byPort = new Map<number, T[]>()
  for (const bind of binds) {
    const others = byPort.get(bind.port)
    if (others) others.push(bind)
    else byPort.set(bind.port, [bind])
  }
  return byPort
}

const sectionStart =
  /^(global|defaults|listen|frontend|backend|userlist|peers|resolvers|cache|program|ring|mailers|http-errors|fcgi-app|log-forward|log-profile|crt-store|traces|acme)(?!\S)\s*(\S*)/

/** A section: its keyword, its name ('' without one), and its directives' lines, that of the keyword too, without blanks around them. */
interface Section {
  keyword: string
  name: string
  lines: string[]
}

function parse(text: string): Section[] {
  let section: Section = { keyword: '', name: '', lines: [] }
  const sections = [section]
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const start = sectionStart.exec(line)
    if (start && (start[2] !== '' || start[1] === line || start[1] === 'defaults')) {
      section = { keyword: start[1] ?? '', name: start[2] ?? '', lines: [] }
      sections.push(section)
    }
    section.lines.push(line)
  }
  return sections
}

let last = { text: '', sections: parse('') }

/** The sections of a text, comments and empty lines left out. A run looks at one or two texts again and again, so the last is kept. */
function sectionsIn(text: string): Section[] {
  if (last.text !== text) last = { text, sections: parse(text) }
  return last.sections
}

/** Calls `visit` with each directive's line and the section it stands in. */
function eachLine(text: string, visit: (line: string, section: string, keyword: string) => void): void {
  for (const { keyword, name, lines } of sectionsIn(text)) for (const line of lines) visit(line, name, keyword)
}

/** The section that a text ends in: its keyword and name, where it has any. */
export function lastSectionIn(text: string): { keyword: string | undefined; name: string | undefined } {
  const { keyword, name } = sectionsIn(text).at(-1) ?? { keyword: '', name: '' }
  return { keyword: keyword || undefined, name: name || undefined }
}

/** The `server` lines of a configuration text, whoever wrote it. */
export function serversIn(text: string): ServerLine[] {
  const servers: ServerLine[] = []
  eachLine(text, (line, section) => {
    const name = /^server\s+(\S+)/.exec(line)?.[1]
    if (name) servers.push({ section, name, line })
  })
  return servers
}

/**
 * The TCP binds of a configuration text to `*` or IP addresses. Passed over are unix sockets, names, variables and ranges.
 */
export function bindsIn(text: string): Bind[] {
  const binds: Bind[] = []
  eachLine(text, (line) => {
    if (!line.startsWith('bind')) return
    const isUntriable = /\s(transparent|interface|namespace)(\s|$)/.test(line)
    for (const written of /^bind\s+(\S+)/.exec(line)?.[1]?.split(',') ?? []) {
      const match = /^(?:ipv[46]@)?(.*):(\d+)$/.exec(written)
      const address = match?.[1]?.replace(/^\[(.*)\]$/, '$1') || '*'
      if (match && (address === '*' || isIP(address))) {
        binds.push({ address, port: Number(match[2]), ...(isUntriable ? { isUntriable } : {}) })
      }
    }
  })
  return binds
}

/** The lines of all `global` sections, without blanks around them. */
export function globalLinesIn(text: string): string[] {
  return sectionsIn(text).flatMap(({ keyword, lines }) => (keyword === 'global' ? lines : []))
}

/** The paths of the stats sockets that `global` opens. */
export function statsSocketsIn(text: string): string[] {
  return globalLinesIn(text).flatMap((line) => {
    const rest = /^stats\s+socket\s+(.*)/.exec(line)?.[1]
    return rest ? [firstWord(rest).replace(/^unix@/, '')] : []
  })
}

/** The names of all backends (and `listen` sections) in mode http, told by the `mode` line of each; `defaults` is not looked at. */
export function httpBackendsIn(text: string): Set<string> {
  const http = new Set<string>()
  eachLine(text, (line, section, keyword) => {
    if (/^mode\s+http\b/.test(line) && (keyword === 'backend' || keyword === 'listen')) http.add(section)
  })
  return http
}

/** The first word of a line as HAProxy reads it: quotes join, and vanish. */
function firstWord(line: string): string {
  const written = /^(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])*/.exec(line)?.[0] ?? ''
  return written.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3')
}

/** Lines of a configuration or of a difference of two, with `***` for what follows `password`, `insecure-password` and `stats auth user:`. */
export function withoutPasswords(text: string): string {
  return text
    .replace(/^([ +-]?\s*user\s.*?\b(?:insecure-)?password\s+)\S.*$/gm, '$1***')
    .replace(/^([ +-]?\s*stats\s+auth\s+[^:\n]+:).*$/gm, '$1***')
}
