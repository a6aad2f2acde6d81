import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exitStatuses, reasonOf, statusOf, UpdaterError } from '../src/errors.js'

describe('the exit statuses', () => {
  it('keep their numbers and names, which monitoring and scripts rely on', () => {
    const table = Object.fromEntries(exitStatuses.map(({ name }) => [name, statusOf(name)]))
    assert.deepEqual(table, {
      ok: 0,
      pending: 2,
      usage: 64,
      'invalid-config': 65,
      'no-input': 66,
      unavailable: 69,
      internal: 70,
      'command-failed': 71,
      'cannot-write': 73,
      busy: 75,
      'bad-reply': 76,
      'auth-refused': 77,
      'bad-setup': 78,
      'port-taken': 79,
      unsafe: 80,
      'rolled-back': 81,
      'reload-pending': 82,
    })
  })

  it('have one number, one name and one cause each', () => {
    for (const key of ['status', 'name', 'when'] as const) {
      assert.equal(new Set(exitStatuses.map((entry) => entry[key])).size, exitStatuses.length, key)
    }
    assert.ok(exitStatuses.every(({ when }) => when.length > 10))
  })
})

describe('an error', () => {
  it('carries its exit name, its message and its cause', () => {
    const cause = new Error('disk full')
    const error = new UpdaterError('cannot-write', 'cannot write /etc/x', { cause })
    assert.deepEqual(
      [error.exit, error.message, error.cause, error.name],
      ['cannot-write', 'cannot write /etc/x', cause, 'UpdaterError'],
    )
  })

  it('gives its reason on one line, with its code once', () => {
    const coded = (message: string, code: string) => Object.assign(new Error(message), { code })
    const reasons: [unknown, string][] = [
      [new Error('it broke\nat line 3'), 'it broke'],
      [coded('connect refused', 'ECONNREFUSED'), 'ECONNREFUSED: connect refused'],
      [coded('ENOENT: no such file', 'ENOENT'), 'ENOENT: no such file'],
      [coded('', 'ECONNREFUSED'), 'ECONNREFUSED'],
      [new RangeError(''), 'RangeError'],
      ['a text', 'a text'],
      [undefined, 'undefined'],
    ]
    for (const [thrown, reason] of reasons) assert.equal(reasonOf(thrown), reason)
  })
})
