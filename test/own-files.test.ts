import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readOptions } from '../src/options.js'
import { refuseOwnFile } from '../src/own-files.js'
import { makeFile, makeFolder } from './support/folder.js'

describe('what is written on request', () => {
  it('takes the place of no file that a run writes, by whatever name', (t) => {
    const folder = makeFolder(t)
    const config = makeFile(folder, 'updater.json', '{}')
    const live = makeFile(folder, 'haproxy.cfg')
    mkdirSync(join(folder, 'state'))
    symlinkSync(live, join(folder, 'link.prom'))
    symlinkSync(join(folder, 'state'), join(folder, 'memory'))
    const options = readOptions({ config, haproxyConfig: live, stateDir: join(folder, 'state') }, {})
    const check = (path: string): void => refuseOwnFile(join(folder, path), '--metrics-file', options)
    const wrong = [
      'haproxy.cfg',
      'link.prom',
      'haproxy.cfg-hosts-0123456789ab.map',
      'state/state.json',
      'memory/a.prom',
    ]
    for (const path of wrong)
      assert.throws(
        () => check(path),
        { exit: 'usage', message: /^--metrics-file \S+ is a file of the program's own/ },
        path,
      )
    for (const path of ['updater.prom', 'new/updater.prom', 'haproxy.cfg.prom']) check(path)
  })
})
