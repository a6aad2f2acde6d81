import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { freePort } from './ports.js'

/** What a file was at one moment; equal for an untouched file. */
export interface FileState {
  hash: string
  mode: string
  mtime: string
}

/** A temporary folder with a place for everything that a run and its HAProxy need. */
export interface Site {
  dir: string
  live: string
  stateDir: string
  statsSocket: string
  masterSocket: string
  httpPort: number
  httpsPort: number
  statsPort: number
  /** The options that make the program work here and reload the HAProxy of this master socket. */
  args: string[]
  /** Every file below `dir` by its path from there, but no folders. */
  tree(): Record<string, FileState>
  remove(): void
}

/** Creates a site: its folders exist, and no file. */
export async function createSite(): Promise<Site> {
  const dir = mkdtempSync(join(tmpdir(), 'hu-'))
  for (const folder of ['etc', 'run']) mkdirSync(join(dir, folder))
  mkdirSync(join(dir, 'state'), { mode: 0o700 })
  const paths = {
    dir,
    live: join(dir, 'etc/haproxy.cfg'),
    stateDir: join(dir, 'state'),
    statsSocket: join(dir, 'run/stats.sock'),
    masterSocket: join(dir, 'run/master.sock'),
  }
  const ports = { httpPort: await freePort(), httpsPort: await freePort(), statsPort: await freePort() }
  return {
    ...paths,
    ...ports,
    args: [
      ['--haproxy-config', paths.live],
      ['--state-dir', paths.stateDir],
      ['--stats-socket', paths.statsSocket],
      ['--bind', '127.0.0.1'],
      ['--http-port', String(ports.httpPort)],
      ['--https-port', String(ports.httpsPort)],
      ['--stats-port', String(ports.statsPort)],
      ['--reload', `master:${paths.masterSocket}`],
    ].flat(),
    tree: () => treeOf(dir),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** A configuration to start the site's HAProxy with before the first run: one frontend on loopback that answers "boot". */
export const bootConfig = (site: Site, port = site.statsPort): string => `global
  stats socket ${site.statsSocket} level admin mode 600 expose-fd listeners
  maxconn 200

defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s

frontend boot
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain string boot
`

function treeOf(dir: string): Record<string, FileState> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(files.sort().map((file) => [relative(dir, file), stateOf(file)]))
}

function stateOf(file: string): FileState {
  const stat = lstatSync(file, { bigint: true })
  const content = stat.isSymbolicLink() ? readlinkSync(file) : stat.isFile() ? readFileSync(file) : ''
  return {
    hash: createHash('sha256').update(content).digest('hex'),
    mode: stat.mode.toString(8),
    mtime: String(stat.mtimeNs),
  }
}
