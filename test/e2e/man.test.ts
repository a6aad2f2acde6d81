import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bashCompletion } from '../../src/completion.js'
import { manPage } from '../../src/man-page.js'
import { version } from '../../src/version.js'
import { runProgram } from '../support/program.js'

describe('man', () => {
  it('prints the page that the package has', async () => {
    const { status, stdout, stderr } = await runProgram(['man'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(stdout, manPage(version))
    assert.equal(stdout, readFileSync(join(import.meta.dirname, '../../dist/haproxy-updater.1'), 'utf8'))
  })

  it('has every option that --help has, and so has the completion', async () => {
    const { stdout } = await runProgram(['--help'])
    const flags: string[] = stdout.match(/(?<=^ {2}(-\w, )?)--[a-z-]+/gm) ?? []
    assert.ok(flags.includes('--config') && flags.includes('--help') && flags.length > 40)
    for (const flag of flags) {
      assert.ok(manPage(version).includes(`\\fB${flag.replaceAll('-', '\\-')}\\fR`), flag)
      assert.match(bashCompletion(), new RegExp(`^    values=\\(-W '.* ${flag}\\b`, 'm'))
    }
  })
})
