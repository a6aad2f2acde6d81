import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { findValidator } from '../../src/check/validation.js'
import { makeFile, makeFolder } from '../support/folder.js'

const folder = makeFolder({ after })
const program = (name: string, script: string) => makeFile(folder, name, `#!/bin/sh\n${script}\n`, 0o755)
const find = (haproxy: string | undefined, timeout = 60_000) => findValidator({ haproxy, timeout })

describe('who validates', () => {
  it('is a HAProxy by its version, old or new', async () => {
    assert.match((await find('haproxy')).version ?? '', /^\d+\.\d/)
    const old = program('old', 'echo "HA-Proxy version 1.8.8-1ubuntu0.13 2022/08/16"')
    assert.deepEqual(await find(old), { version: '1.8.8' })
  })

  it('is nobody where nobody is to', async () => {
    assert.deepEqual(await find(undefined), { version: null, because: '--haproxy none' })
  })

  it('is the default one, even if it does not work, wherever it is installed', async (t) => {
    const PATH = process.env['PATH']
    t.after(() => {
      process.env['PATH'] = PATH
    })
    program('haproxy', 'exit 1')
    process.env['PATH'] = folder
    await assert.rejects(find('haproxy'), { exit: 'command-failed', message: /haproxy -v names no version/ })
  })

  it('is no program that is another, is none, or does not answer', async () => {
    const refused = async (path: string, says: string, timeout?: number) =>
      assert.rejects(find(path, timeout), { exit: 'command-failed', message: `${path} ${says}` })
    await refused('/bin/true', '-v names no version of HAProxy; check --haproxy')
    await refused(
      program('other', 'echo "GNU bash, version 5.2.15"'),
      '-v names no version of HAProxy; check --haproxy',
    )
    await refused(program('slow', 'sleep 100'), '-v was not done after 0.5 s; see --timeout', 500)
    const nothing = makeFile(folder, 'nothing', '#!/nowhere/sh\n', 0o755)
    await assert.rejects(find(nothing), { exit: 'command-failed', message: /cannot be started: .*; check --haproxy$/ })
  })
})
