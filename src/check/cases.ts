import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf, UpdaterError } from '../errors.js'
import { lookAt, lookBehind } from '../look.js'
import { type Reply, readRecorded } from '../marathon/source.js'
import type { Options } from '../options.js'
import { packagedTemplates } from '../packaged.js'
import { requireRegular } from './regular.js'
import { optionsForSample, sampleFor } from './sample.js'

/**
 * A reply to check: what it is called, how it is read (which throws what `readRecorded` throws), the options it is rendered with, and
 * the file of what is expected of it, if there is one.
 */
export interface Case {
  from: string
  read: () => Promise<Reply>
  options: Options
  expectFile: string | undefined
}

/**
 * The replies of `--from`, in order, of which a folder is every one in it, by name; without any, the sample cluster. No reply is read
 * yet, and none need be there. Throws `no-input` for a folder that has none or cannot be read, `usage` for standard input more than once.
 */
export function casesOf(options: Options): Case[] {
  if (options.from === undefined) return [sampleCase(options)]
  if (options.from.indexOf('-') !== options.from.lastIndexOf('-'))
    throw new UpdaterError('usage', '--from - is given more than once, but standard input can be read only once')
  const casesIn = (path: string): Case[] =>
    isFolder(path)
      ? repliesIn(path).map((file) => caseOf(file, readRegular, options))
      : [caseOf(path, readRecorded, options)]
  return options.from.flatMap(casesIn)
}

const caseOf = (file: string, read: (file: string) => Promise<Reply>, options: Options): Case => ({
  from: file === '-' ? 'standard input' : file,
  read: () => read(file),
  options,
  expectFile: expectFileOf(file),
})

/** Nobody has asked for a pipe that happens to be in a folder, and its end might never come. */
async function readRegular(file: string): Promise<Reply> {
  requireRegular(file, 'recorded reply')
  return readRecorded(file)
}

function sampleCase(options: Options): Case {
  return {
    from: 'the sample cluster',
    read: async () => sampleFor(await readRecorded(join(packagedTemplates, 'sample-apps.json')), options),
    options: optionsForSample(options),
    expectFile: undefined,
  }
}

const isFolder = (path: string): boolean => path !== '-' && lookBehind(path)?.isDirectory() === true

const ending = '.json'
const expectEnding = '.expect.json'

function expectFileOf(file: string): string | undefined {
  const path = file.replace(/(\.json)?$/, expectEnding)
  return file !== '-' && lookAt(path) ? path : undefined
}

/** Expectations without their reply stand for one too, which then is missing. */
function repliesIn(folder: string): string[] {
  const names = namesIn(folder).filter((name) => name.endsWith(ending))
  const replies = new Set(names.map((name) => name.replace(/\.expect\.json$/, ending)))
  if (replies.size === 0)
    throw new UpdaterError('no-input', `the folder ${folder} has no recorded reply (*.json) in it; check --from`)
  return [...replies].sort().map((name) => join(folder, name))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    throw new UpdaterError('no-input', `cannot read the folder ${folder}: ${reasonOf(error)}`, { cause: error })
  }
}
