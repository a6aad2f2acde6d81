import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { app } from '../support/apps.js'
import { makeFolder } from '../support/folder.js'
import { freePort } from '../support/ports.js'
import { preload } from '../support/preload.js'
import { runProgram } from '../support/program.js'
import { type ProvenSite, startProvenSite } from '../support/proven.js'

const dist = join(import.meta.dirname, '../../dist')

/** Has each program that is started noted in a file. */
const notingPrograms = (file: string): string[] =>
  preload(`
    import childProcess from 'node:child_process'
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    for (const name of ['spawn', 'spawnSync']) {
      const start = childProcess[name]
      childProcess[name] = (program, ...rest) => {
        fs.appendFileSync(${JSON.stringify(file)}, program + '\\n')
        return start(program, ...rest)
      }
    }
    syncBuiltinESMExports()`)

/** The files of the program that a run has loaded, as V8 notes them, and the packages bundled in them. */
function loaded(coverage: string): { files: string[]; packages: string[] } {
  const reports = readdirSync(coverage).map((name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')))
  const urls: string[] = reports.flatMap(({ result }) => result.map(({ url }: { url: string }) => url))
  const files = urls.filter((url) => url.includes('/dist/')).map((url) => basename(url))
  const sources: string[] = files.flatMap((file) => JSON.parse(readFileSync(join(dist, `${file}.map`), 'utf8')).sources)
  const packages = new Set(sources.flatMap((source) => /node_modules\/([^/]+)/.exec(source)?.[1] ?? []))
  return { files, packages: [...packages] }
}

describe('a run', () => {
  let site: ProvenSite
  let port: number
  before(async () => {
    port = await freePort()
    site = await startProvenSite([app('/web', { ports: [port] })])
  })
  after(() => site.end())

  async function observe(t: { after(undo: () => void): void }) {
    const [coverage, programs] = [makeFolder(t), join(makeFolder(t), 'programs')]
    const args = [...site.args, '--marathon', site.marathon.url]
    const env = { NODE_V8_COVERAGE: coverage }
    assert.equal((await runProgram(args, { env, nodeArgs: notingPrograms(programs) })).status, 0)
    return { ...loaded(coverage), programs: readFileSync(programs, 'utf8').split('\n').filter(Boolean) }
  }

  it('that finds nothing to do loads what asking and rendering need, and starts no program but that of the lock', async (t) => {
    const { files, packages, programs } = await observe(t)
    for (const name of ['commander', 'nunjucks', 'undici']) assert.ok(packages.includes(name), name)
    for (const name of ['execa', 'diff']) assert.ok(!packages.includes(name), name)
    assert.ok(files.length <= 12, files.join())
    assert.deepEqual(programs, ['flock'])
  })

  it('that sees what the last one saw does not even load what rendering needs', async (t) => {
    const { files, packages, programs } = await observe(t)
    assert.deepEqual(packages.sort(), ['commander', 'undici'])
    assert.ok(files.length <= 9, files.join())
    assert.deepEqual(programs, ['flock'])
  })

  it('that changes something loads the rest', async (t) => {
    site.marathon.apps = [app('/web', { ports: [port], tasks: 2 })]
    const { packages, programs } = await observe(t)
    assert.ok(packages.includes('execa'))
    assert.ok(programs.some((program) => program.endsWith('haproxy')))
  })
})
