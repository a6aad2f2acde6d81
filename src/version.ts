import { readFileSync, statSync } from 'node:fs'
import { packaged } from './packaged.js'

const manifest: { version: string } = JSON.parse(readFileSync(packaged('package.json'), 'utf8'))

/** The version of this program, from its package.json. */
export const version = manifest.version

/** When the program on the disk was built, in ms since 1970: one version may be built more than once. undefined: it is not there. */
export const builtAt = (): number | undefined => statSync(import.meta.filename, { throwIfNoEntry: false })?.mtimeMs
