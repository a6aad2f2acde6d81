import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refuseWhileWaiting } from '../../src/live/rollback.js'
import { openMemory } from '../../src/live/state.js'
import { makeFolder } from '../support/folder.js'

const minute = 60_000
const now = 1_000 * minute

describe('after a reload that failed', () => {
  const waits = [1, 2, 4, 8, 15, 15, 15].map((minutes, index) => ({ attempts: index + 1, minutes }))
  for (const { attempts, minutes } of waits) {
    it(`number ${attempts}, the next attempt waits ${minutes} min`, (t) => {
      const memory = openMemory(makeFolder(t), '/etc/haproxy.cfg', false)
      for (const exit of ['rolled-back', 'reload-pending'] as const) {
        memory.save({ rollback: { attempts, at: now - minutes * minute, exit } })
        assert.equal(refuseWhileWaiting(memory, now, true), undefined)
        const message = /in 1 min, or now with --retry$/
        assert.throws(() => refuseWhileWaiting(memory, now - 1, true), { exit, message })
        memory.save({ rollback: { attempts, at: now, exit } })
        const wholeTime = new RegExp(`in ${minutes} min, or now with --retry$`)
        assert.throws(() => refuseWhileWaiting(memory, now, true), { exit, message: wholeTime })
      }
    })
  }

  it('HAProxy not running is the graver failure', (t) => {
    const memory = openMemory(makeFolder(t), '/etc/haproxy.cfg', false)
    memory.save({ rollback: { attempts: 1, at: now, exit: 'rolled-back' } })
    const message = /^HAProxy does not answer on its stats socket, and the last reload failed; /
    assert.throws(() => refuseWhileWaiting(memory, now, false), { exit: 'reload-pending', message })
  })

  it('nothing is waited for where none failed', (t) => {
    assert.equal(refuseWhileWaiting(openMemory(makeFolder(t), '/etc/haproxy.cfg', false), now, false), undefined)
  })
})
