import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { casesOf } from '../../src/check/cases.js'
import { marked } from '../../src/check/marks.js'
import { originsOf } from '../../src/check/origins.js'
import { compose, type Draft } from '../../src/compose.js'
import { warningsIn } from '../../src/marathon/findings.js'
import { readOptions } from '../../src/options.js'
import { packagedTemplates } from '../../src/packaged.js'
import { makeFile, makeFolder } from '../support/folder.js'

const config = makeFile(makeFolder({ after }), 'none.json', '{}')

/** The packaged sample cluster as it is checked with these options. */
async function sampleWith(flags: Record<string, unknown>): Promise<Draft> {
  const [sample] = casesOf(readOptions({ ...flags, resolve: 'off', config }, {}))
  assert.ok(sample)
  const around = {
    live: '/a',
    isLive: () => false,
    resolveHosts: async () => new Map(),
    quarantine: {},
    held: undefined,
  }
  return compose(await sample.read(), sample.options, around)
}

/** The lines of the packaged templates that may put something into a text. */
const written = readdirSync(packagedTemplates)
  .filter((name) => name.endsWith('.njk'))
  .flatMap((name) => {
    const source = readFileSync(join(packagedTemplates, name), 'utf8')
    const [plain, marks] = [source.split('\n'), marked(source, 0).split('\n')]
    return plain.flatMap((line, at) => (line === marks[at] ? [] : [`${name}:${at + 1}: ${line.trim()}`]))
  })

describe('the sample cluster', () => {
  it('makes use of every line of the packaged templates, where there is a certificate and a port for app ids', async () => {
    const draft = await sampleWith({ sslCert: ['/a.pem'], appIdPort: '9091' })
    const originOf = await originsOf(draft, undefined)
    const used = draft.configuration.text.split('\n').map((_, at) => {
      const { template = '', line, source = '' } = originOf(at + 1) ?? {}
      return `${template.replace(/.*\//, '')}:${line}: ${source.trim()}`
    })
    assert.ok(written.length > 80)
    assert.deepEqual(
      written.filter((line) => !used.includes(line)),
      [],
    )
  })

  it('makes use of what labels say within a line', async () => {
    const { text } = (await sampleWith({ sslCert: ['/a.pem'] })).configuration
    const pieces = [
      'http-request deny ',
      'tcp-request content reject ',
      ' cookie ',
      ' weight 0',
      ' port ',
      ' check-ssl ',
    ]
    for (const piece of [...pieces, 'X-Forwarded-Proto https', 'X-Forwarded-Proto http\n', ' maxconn ', ' ssl crt '])
      assert.ok(text.includes(piece), piece)
  })

  it('brings no warning, with a certificate or without', async () => {
    for (const flags of [{}, { sslCert: ['/a.pem'] }])
      assert.deepEqual(warningsIn((await sampleWith(flags)).findings), [])
  })
})
