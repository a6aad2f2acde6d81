import { readFileSync } from 'node:fs'
import { packaged } from './packaged.js'

const manifest: { version: string } = JSON.parse(readFileSync(packaged('package.json'), 'utf8'))

/** The version of this program, from its package.json. */
export const version = manifest.version
