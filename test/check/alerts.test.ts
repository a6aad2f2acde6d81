import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alertsIn, failureOf } from '../../src/check/alerts.js'
import { noDemands, service } from '../support/service.js'

const text = `global
  user bob insecure-password secret

backend web_0
  balance hash
`
const notice = '[NOTICE]   (7) : haproxy version is 2.6.12-1'
const sum = '[ALERT]    (7) : config : Error(s) found in configuration file : /tmp/x.cfg'
const fatal = '[ALERT]    (7) : config : Fatal errors found in configuration.'
const ofLine = (line: number, says: string): string =>
  `[ALERT]    (7) : config : parsing [/tmp/x.cfg:${line}] : ${says}`

describe('the alerts of HAProxy', () => {
  const messagesIn = (...lines: string[]) => alertsIn(lines.join('\n'), text).map(({ message, at }) => [message, at])

  it('are all that it says, without warnings, what it says of itself, and the sum', () => {
    const warning = '[WARNING]  (7) : config : parsing [/tmp/x.cfg:2] : hm.'
    const named = "[ALERT]    (7) : config : Proxy 'web_0': unable to find backend."
    assert.deepEqual(
      messagesIn(notice, ofLine(2, 'a.'), warning, ofLine(5, 'b.'), ofLine(5, 'b.'), named, sum, fatal),
      [
        ['a.', 2],
        ['b.', 5],
        ["Proxy 'web_0': unable to find backend.", 4],
      ],
    )
  })

  it('are the sum, or whatever it says, where there is no other', () => {
    assert.deepEqual(messagesIn(notice, fatal), [['Fatal errors found in configuration.', undefined]])
    assert.deepEqual(messagesIn('the configuration has no listener'), [
      ['the configuration has no listener', undefined],
    ])
  })

  it('are of nobody where HAProxy only says that it stops', () => {
    const [, stop] = alertsIn(`${ofLine(5, 'a.')}\n${ofLine(5, 'too many fatal errors (50), stopping now.')}`, text)
    assert.deepEqual(stop && failureOf(stop, undefined, [service('/web')]), {
      kind: 'haproxy',
      message: 'HAProxy stopped there, after 50 errors',
    })
  })
})

describe('an alert', () => {
  const [global, balance] = alertsIn([ofLine(2, 'no.'), ofLine(5, 'no.')].join('\n'), text)
  const web = service('/web', { demands: { ...noDemands, balance: 'hash' } })

  it('names the line of the template, the section, the app and the label', () => {
    const origin = { template: '/t/backends.cfg.njk', line: 9, source: '  balance {{ x }}' }
    assert.deepEqual(balance && failureOf(balance, origin, [service('/a'), web]), {
      kind: 'haproxy',
      message: 'no. (in "balance hash", from label HAPROXY_0_BALANCE)',
      ...origin,
      section: 'backend web_0',
      app: '/web',
      port: 0,
    })
  })

  it('does without what is not known, and shows no password', () => {
    const origin = { template: '/t/global.cfg.njk', line: 2, source: '  user bob insecure-password secret' }
    const failure = global && failureOf(global, origin, [web])
    assert.deepEqual(failure, {
      kind: 'haproxy',
      message: 'no. (in "user bob insecure-password ***")',
      template: '/t/global.cfg.njk',
      line: 2,
      source: '  user bob insecure-password ***',
      section: 'global',
    })
    const [nowhere] = alertsIn('no listener', text)
    assert.deepEqual(nowhere && failureOf(nowhere, undefined, [web]), {
      kind: 'haproxy',
      message: 'no listener',
    })
  })
})
