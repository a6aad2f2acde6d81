import assert from 'node:assert/strict'
import { type ExitName, exitStatuses } from '../../src/errors.js'
import type { Result } from './program.js'

/** Asserts that a run failed under this name, said so in the first line with these words in it, and showed no stack trace. */
export function assertFailed({ status, stderr }: Result, name: ExitName, says: RegExp | string = ''): void {
  assert.match(stderr, new RegExp(`^haproxy-updater: error\\[${name}\\]: .`))
  const [line = ''] = stderr.split('\n')
  assert.ok(typeof says === 'string' ? line.includes(says) : says.test(line), `${says} is not in: ${stderr}`)
  assert.doesNotMatch(stderr, /^ {4}at /m)
  assert.equal(status, exitStatuses.find((entry) => entry.name === name)?.status)
}
