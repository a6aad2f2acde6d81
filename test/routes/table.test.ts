import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tableOf } from '../../src/routes/table.js'
import { app, httpCheck } from '../support/apps.js'
import { labels } from '../support/labels.js'
import { sceneOf } from './scene.js'

const group = { HAPROXY_DEPLOYMENT_GROUP: 'g' }
const green = { ...group, HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-01T00:00' }
const { services } = sceneOf(
  [
    app('/blue', { ports: [10004], labels: group }),
    app('/green', { ports: [10005], labels: green }),
    app('/idle', { ports: [10001], tasks: 0 }),
    app('/lost', { ports: [10001], tasks: [{ host: 'fd00::1', ports: [31000] }] }),
    app('/shop/a-web-of-a-long-name', {
      ports: [10002],
      labels: labels({ VHOST: 'www.shop.test,shop.test', PATH: '/basket' }),
      healthChecks: [httpCheck],
      tasks: [{}, { health: 'unhealthy' }, { health: 'unknown' }, { host: 'agent-1' }],
    }),
  ],
  { byAppId: true, health: 'ignore' },
).report

const lines = (width: number | undefined): string => tableOf(services, width, (_, text) => text).join('\n')

describe('the table of routes', () => {
  it('is whole in a pipe, and each line names its app', () => {
    assert.equal(
      lines(undefined),
      `\
FROM                                           APP                         PORT  SERVER           HEALTH
*:10004 tcp                                    /blue                       0     127.0.0.1:31040  -, draining
                                               /blue                       0     127.0.0.1:31050  -
*:10001 tcp                                    /idle                       0     none
nowhere                                        /lost                       0     [fd00::1]:31000  -
shop.test/basket                               /shop/a-web-of-a-long-name  0     127.0.0.1:31020  healthy
www.shop.test/basket                           /shop/a-web-of-a-long-name  0     127.0.0.1:31021  unhealthy
*:10002 http                                   /shop/a-web-of-a-long-name  0     127.0.0.1:31022  unknown
X-Marathon-App-Id: /shop/a-web-of-a-long-name  /shop/a-web-of-a-long-name  0     agent-1:31023    healthy`,
    )
  })

  it('fits into a terminal, where it names an app once', () => {
    assert.equal(
      lines(74),
      `\
FROM                APP                 PORT  SERVER           HEALTH
*:10004 tcp         /blue               0     127.0.0.1:31040  -, draining
                                              127.0.0.1:31050  -
*:10001 tcp         /idle               0     none
nowhere             /lost               0     [fd00::1]:31000  -
shop.test/basket    /shop/a-w…ong-name  0     127.0.0.1:31020  healthy
www.shop.…t/basket                            127.0.0.1:31021  unhealthy
*:10002 http                                  127.0.0.1:31022  unknown
X-Maratho…ong-name                            agent-1:31023    healthy`,
    )
  })

  it('fits into thirty signs', () => {
    const undrained = services.filter(({ app }) => app !== '/blue')
    for (const line of tableOf(undrained, 30, (_, text) => text)) assert.ok(line.length <= 30, line)
  })

  it('is coloured by health, and red where nothing is served', () => {
    const painted = tableOf(services, 74, (style, text) => (style === 'bold' ? text : `<${style} ${text}>`))
    assert.deepEqual(painted.join('\n').match(/<[^>]*>/g), [
      ...['<red none>', '<red nowhere>', '<green healthy>', '<red unhealthy>', '<yellow unknown>', '<green healthy>'],
    ])
  })

  it('is not there without services', () => {
    assert.deepEqual(
      tableOf([], undefined, (_, text) => text),
      [],
    )
  })
})
