import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { onDeath } from '../cleanup.js'
import { reasonOf, UpdaterError } from '../errors.js'
import type { Configuration } from '../render/configuration.js'
import { sweep } from './files.js'

/** A private copy of a configuration, for HAProxy to check, and files for what commands say; `remove` takes it all away. */
export interface Staged {
  config: string
  log: string
  remove: () => void
}

const prefix = 'haproxy-updater-staged-'
const abandonedAfter = 10 * 60_000

/**
 * Writes a configuration and its maps into a new folder of mode 0700 under the temporary directory, with only the maps' paths in the
 * text replaced, and reads it back; `sweeps` away what dead runs left there. Throws `cannot-write`.
 */
export function stage(configuration: Configuration, sweeps: boolean): Staged {
  const place = isPlain(tmpdir()) ? tmpdir() : '/tmp'
  if (sweeps) sweep(place, (name) => name.startsWith(prefix), abandonedAfter)
  let folder: string | undefined
  try {
    folder = mkdtempSync(join(place, prefix))
    const staged = stagedIn(folder)
    let text = configuration.text
    for (const map of configuration.maps) {
      const path = join(folder, basename(map.path))
      writeBack(path, map.text)
      text = text.replaceAll(map.path, path)
    }
    writeBack(staged.config, text)
    writeBack(staged.log, '')
    return staged
  } catch (error) {
    if (folder) rmSync(folder, { recursive: true, force: true })
    throw new UpdaterError('cannot-write', `cannot stage the configuration in ${place}: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

/** The folder's path replaces another inside the text, where it must be one word. */
const isPlain = (path: string): boolean => /^[\w./@+=:-]+$/.test(path)

function stagedIn(folder: string): Staged {
  const clear = (): void => rmSync(folder, { recursive: true, force: true })
  const forget = onDeath(clear)
  const remove = (): void => {
    forget()
    clear()
  }
  return { config: join(folder, 'haproxy.cfg'), log: join(folder, 'output.log'), remove }
}

/** A disk that fills up may keep a part; HAProxy would accept a file that is cut at the end of a line. */
function writeBack(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
  if (readFileSync(path, 'utf8') !== text) throw new Error(`${path} does not hold what was written to it`)
}
