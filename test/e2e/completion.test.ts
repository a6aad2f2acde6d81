import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bashCompletion } from '../../src/completion.js'
import { assertFailed } from '../support/assert-failed.js'
import { runProgram } from '../support/program.js'

describe('completion', () => {
  it('prints that for bash, and knows no other shell', async () => {
    const { status, stdout, stderr } = await runProgram(['completion', 'bash'])
    assert.deepEqual([status, stdout, stderr], [0, bashCompletion(), ''])
    const failed = await runProgram(['completion', 'zsh'])
    assertFailed(failed, 'usage', 'there is no completion for "zsh"; the one shell is bash')
    assert.equal(failed.stdout, '')
  })
})
