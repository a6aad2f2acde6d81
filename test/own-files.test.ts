import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkMetricsFile } from '../src/metrics-file.js'
import { type Options, readOptions } from '../src/options.js'
import { makeFile, makeFolder } from './support/folder.js'

describe('the place of the metrics', () => {
  it('is no file of the program, by whatever name', (t) => {
    const folder = makeFolder(t)
    const config = makeFile(folder, 'updater.json', '{}')
    const live = makeFile(folder, 'haproxy.cfg')
    mkdirSync(join(folder, 'state'))
    symlinkSync(live, join(folder, 'link.prom'))
    symlinkSync(join(folder, 'state'), join(folder, 'memory'))
    const check = (metricsFile: string): void => checkMetricsFile(optionsFor(join(folder, metricsFile)))
    const optionsFor = (metricsFile: string): Options =>
      readOptions({ config, metricsFile, haproxyConfig: live, stateDir: join(folder, 'state') }, {})
    const wrong = [
      'haproxy.cfg',
      'link.prom',
      'haproxy.cfg-hosts-0123456789ab.map',
      'state/state.json',
      'memory/a.prom',
    ]
    for (const path of wrong) assert.throws(() => check(path), { exit: 'usage', message: /--metrics-file/ }, path)
    for (const path of ['updater.prom', 'new/updater.prom', 'haproxy.cfg.prom']) check(path)
  })
})
