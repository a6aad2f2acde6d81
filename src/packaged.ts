import { fileURLToPath } from 'node:url'

/** The path of a file or folder that is packaged with this program. It holds for `src` and for `dist`, as long as both lie flat. */
export const packaged = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** The folder of the packaged templates. */
export const packagedTemplates = packaged('templates')
