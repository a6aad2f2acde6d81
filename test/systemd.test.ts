import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { makeFile, makeFolder } from './support/folder.js'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const section = /^### systemd timer\n([\s\S]*?)^##/m.exec(readme)?.[1] ?? ''
const [service = '', timer = '', follow = ''] = [...section.matchAll(/^```ini\n([\s\S]*?)^```$/gm)].map(
  (block) => block[1],
)

describe('the units in the README', () => {
  it('are taken by systemd without a warning', (t) => {
    const folder = makeFolder(t)
    const [program] = /(?<=^ExecStart=)\S+/m.exec(service) ?? []
    assert.match(program ?? '', /^\/.*\/haproxy-updater$/)
    const units = [
      // The program must be there; everything else is as it stands.
      makeFile(folder, 'haproxy-updater.service', service.replace(`=${program} `, `=${process.execPath} `)),
      makeFile(folder, 'haproxy-updater.timer', timer),
    ]
    const args = ['verify', '--man=no', '--recursive-errors=no', ...units]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    assert.deepEqual([status, stdout, stderr], [0, '', ''])
  })

  it('follow with the drop-in, which systemd takes without a warning too', (t) => {
    const folder = makeFolder(t)
    const replaced = (unit: string): string => unit.replace(/(?<=^ExecStart=)\S+/m, process.execPath)
    const unit = makeFile(folder, 'haproxy-updater.service', replaced(service))
    makeFile(folder, 'haproxy-updater.service.d/follow.conf', replaced(follow))
    const args = ['verify', '--man=no', '--recursive-errors=no', unit]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    assert.deepEqual([status, stdout, stderr], [0, '', ''])
    assert.match(follow, /^ExecStart=\nExecStart=\S+ --follow 1440m /m)
    assert.match(follow, /^Restart=always$/m)
  })

  it('run once a minute, may take the time that a run may take, and do not forbid what V8 does', () => {
    assert.match(timer, /^OnCalendar=minutely$/m)
    assert.match(timer, /^AccuracySec=1s$/m)
    assert.match(service, /^Type=oneshot$/m)
    assert.match(service, /^SuccessExitStatus=75$/m)
    assert.match(service, /^TimeoutStartSec=2min$/m)
    assert.doesNotMatch(service, /MemoryDenyWriteExecute/)
  })
})
