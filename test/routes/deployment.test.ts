import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mergedInto, servingOf } from '../../src/routes/deployment.js'
import { type AppSpec, app } from '../support/apps.js'
import { authOfBob, labels } from '../support/labels.js'
import { appIn, explained, sceneOf } from './scene.js'

/** An app of one deployment group, started at this minute. */
const member = (id: string, minute: number, given: Record<string, string> = {}, spec: AppSpec = {}) =>
  app(id, {
    labels: { HAPROXY_DEPLOYMENT_GROUP: 'g', HAPROXY_DEPLOYMENT_STARTED_AT: `2024-01-01T00:0${minute}`, ...given },
    ...spec,
  })

const ownerOf = (scene: ReturnType<typeof sceneOf>, id: string): string =>
  servingOf(appIn(scene, id), 0, scene).owner.id

describe('an app of a deployment group', () => {
  it('is served by the oldest, but where it stays apart or is left out', () => {
    const scene = sceneOf([
      member('/amber', 1, labels({ AUTH: authOfBob('x'), MODE: 'http' })),
      member('/blue', 2, { HAPROXY_0_MODE: 'http' }),
      member('/green', 3),
      member('/old', 0, labels({ MODE: 'http' })),
      member('/red', 4, { HAPROXY_0_ENABLED: 'no' }),
      member('/oldest', 0, { HAPROXY_0_NO: '' }),
      app('/other'),
    ])
    const owners = ['/amber', '/blue', '/green', '/old', '/oldest', '/other', '/red'].map((id) => ownerOf(scene, id))
    assert.deepEqual(owners, ['/amber', '/old', '/old', '/old', '/oldest', '/other', '/red'])
    assert.deepEqual(
      mergedInto(appIn(scene, '/old'), 0, scene).map(({ id }) => id),
      ['/blue', '/green'],
    )
    assert.deepEqual(mergedInto(appIn(scene, '/amber'), 0, scene), [])
    assert.equal(servingOf(appIn(scene, '/red'), 0, scene).service, undefined)
  })

  it('is left out with the oldest where HAProxy rejects that', () => {
    const all = sceneOf([member('/blue', 0), member('/green', 1)])
    const rejected = {
      kind: 'rejected',
      appId: '/blue',
      portIndex: 0,
      says: 'is left out: HAProxy rejects it: x',
    } as const
    const scene = { ...all, services: [], findings: [...all.findings, rejected] }
    assert.equal(ownerOf(scene, '/green'), '/blue')
    assert.ok(
      explained(scene, '/green').includes(
        'port 0 is left out with /blue port 0, of whose service it is a part by HAPROXY_DEPLOYMENT_GROUP: HAProxy rejects it: x',
      ),
    )
  })
})
