import { join } from 'node:path'

/** The path of a file or folder that is packaged with this program. It holds for `src` and for `dist`, as long as both lie flat. */
export const packaged = (name: string): string => join(import.meta.dirname, '..', name)

/** The folder of the packaged templates. */
export const packagedTemplates = packaged('templates')
