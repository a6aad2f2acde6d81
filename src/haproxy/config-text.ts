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
}

const sectionStart =
  /^(global|defaults|listen|frontend|backend|userlist|peers|resolvers|cache|program|ring|mailers|http-errors|fcgi-app)\b\s*(\S*)/

/** Calls `visit` with each directive's line (blanks trimmed, no comments or empty lines) and the section it stands in. */
function eachLine(text: string, visit: (line: string, section: string, keyword: string) => void): void {
  let section = ''
  let keyword = ''
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const start = sectionStart.exec(line)
    if (start && (start[2] !== '' || start[1] === line || start[1] === 'defaults')) {
      keyword = start[1] ?? ''
      section = start[2] ?? ''
    }
    visit(line, section, keyword)
  }
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

/** The TCP binds of a configuration text; unix sockets and port ranges are passed over. */
export function bindsIn(text: string): Bind[] {
  const binds: Bind[] = []
  eachLine(text, (line) => {
    for (const written of /^bind\s+(\S+)/.exec(line)?.[1]?.split(',') ?? []) {
      const match = /^(?:ipv[46]@)?(.*):(\d+)$/.exec(written)
      if (match) binds.push({ address: match[1]?.replace(/^\[(.*)\]$/, '$1') || '*', port: Number(match[2]) })
    }
  })
  return binds
}

/** The paths of the stats sockets that `global` opens. */
export function statsSocketsIn(text: string): string[] {
  const paths: string[] = []
  eachLine(text, (line, _section, keyword) => {
    const rest = keyword === 'global' ? /^stats\s+socket\s+(.*)/.exec(line)?.[1] : undefined
    if (rest) paths.push(firstWord(rest).replace(/^unix@/, ''))
  })
  return paths
}

/** The names of all backends (and `listen` sections) in mode http, told by the `mode` line of each; `defaults` is not looked at. */
export function httpBackendsIn(text: string): Set<string> {
  const http = new Set<string>()
  eachLine(text, (line, section, keyword) => {
    if (/^mode\s+http\b/.test(line) && (keyword === 'backend' || keyword === 'listen')) http.add(section)
  })
  return http
}

/** The `description` lines in `global`, as written. */
export function descriptionsIn(text: string): string[] {
  const found: string[] = []
  eachLine(text, (line, _section, keyword) => {
    if (keyword === 'global' && /^description(\s|$)/.test(line)) found.push(line)
  })
  return found
}

/** The first word of a line as HAProxy reads it: quotes join, and vanish. */
function firstWord(line: string): string {
  const written = /^(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])*/.exec(line)?.[0] ?? ''
  return written.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3')
}
