import assert from 'node:assert/strict'
import { it } from 'node:test'
import { failuresOf } from '../soak/judgement.js'
import { soak } from '../soak/run.js'

// The minutes of `npm run soak` in seconds.
const timeout = 150_000

it('follows deployments under load, whatever befalls Marathon and the runs, without a failure', {
  timeout,
}, async () => {
  const soaked = await soak({ seed: 3, seconds: 18, every: 4, follow: 8, alone: 5, patient: true })
  assert.deepEqual(failuresOf(soaked), [])
  assert.ok(soaked.states.length > 10, `${soaked.states.length} states`)
  assert.ok(soaked.seen.latencies.length > 300, `${soaked.seen.latencies.length} requests`)
  assert.ok(soaked.followers.some(({ isKilled }) => isKilled))
})
