import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Finding, sentenceOf, warningsIn } from '../../src/marathon/findings.js'

describe('a finding', () => {
  const findings: Finding[] = [
    { kind: 'unknown-agent', says: 'agent x has no address' },
    { kind: 'too-many-ports', appId: '/web', says: 'has too many ports' },
    { kind: 'conflict', appId: '/web', portIndex: 0, says: 'does not get host a.test' },
    { kind: 'not-running', appId: '/web', portIndex: 0, taskId: 'a\n\u001b[31m', says: 'is left out' },
  ]

  it('is a sentence about what it concerns, on one line that no terminal obeys', () => {
    assert.deepEqual(findings.map(sentenceOf), [
      'agent x has no address',
      '/web has too many ports',
      '/web port 0 does not get host a.test',
      String.raw`/web port 0 task a\n\u001b[31m is left out`,
    ])
  })

  it('warns where an owner or operator has something to mend, not where tasks come and go', () => {
    assert.deepEqual(warningsIn(findings), findings.slice(0, 3).map(sentenceOf))
  })
})
