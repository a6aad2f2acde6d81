import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A new temporary folder, removed at the end of a test (its context) or of a whole file (`{ after }` of node:test). */
export function makeFolder(scope: { after(undo: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'hu-'))
  scope.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file, with the folders it needs, whatever the umask, and gives its path. */
export function makeFile(folder: string, name: string, text = '', mode = 0o644): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
