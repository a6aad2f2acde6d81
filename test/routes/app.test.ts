import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { appNamed, reportOn } from '../../src/routes/app.js'
import { app } from '../support/apps.js'
import { appIn, sceneOf } from './scene.js'

describe('an app that is asked for', () => {
  const { apps } = sceneOf([app('/shop/web'), app('/shop/api')])

  it('is found by its id, with slashes around it or not', () => {
    for (const name of ['/shop/web', 'shop/web', '/shop/web/']) assert.equal(appNamed(name, apps, 'x').id, '/shop/web')
  })

  it('is refused where it is not there, with the nearest that is', () => {
    const message =
      'http://m.test lists no app /shop/wbe (did you mean /shop/web?); routes without an app shows them all'
    assert.throws(() => appNamed('shop/wbe', apps, 'http://m.test'), { exit: 'usage', message })
  })
})

describe('the report on one app', () => {
  const group = { HAPROXY_DEPLOYMENT_GROUP: 'g' }
  const started = { HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-01T00:00' }
  const scene = sceneOf([
    app('/blue', { labels: group }),
    app('/green', { labels: { ...group, ...started, HAPROXY_1_X: '' }, ports: [10001, 10002] }),
    app('/other', { ports: [10003, 0] }),
  ])
  const partOn = (id: string): unknown[] => {
    const { services, leftOut, ...rest } = reportOn(appIn(scene, id), scene.report, scene)
    assert.deepEqual(rest, { schema: 1, answered: 'http://marathon.test' })
    return [services.map(({ backend }) => backend), leftOut.map(({ app, port }) => `${app} ${port}`)]
  }

  it('has its services, or those that it is merged into, and what is left out of it', () => {
    assert.deepEqual(partOn('/other'), [['other_0'], ['/other 1']])
    assert.deepEqual(partOn('/green'), [['blue_0'], ['/green 1']])
    assert.deepEqual(partOn('/blue'), [['blue_0'], []])
  })
})
