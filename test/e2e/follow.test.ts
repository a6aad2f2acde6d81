import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertFailed } from '../support/assert-failed.js'
import { withHaproxy, withoutHaproxy } from '../support/followed-site.js'
import { leftBehind } from '../support/follower.js'
import { preload } from '../support/preload.js'
import { until } from '../support/wait.js'

describe('a run that follows Marathon', { concurrency: 3 }, () => {
  it('makes live what an event is about, until a signal ends it, which leaves nothing behind', async (t) => {
    const { site, follow, scale, serves, asked } = await withHaproxy(t)
    const follower = follow()
    await follower.updated(1)
    for (const tasks of [2, 1]) {
      scale(tasks)
      await serves(tasks)
    }
    await follower.updated(3)
    const { signal, stdout } = await follower.end('SIGTERM')
    assert.deepEqual([signal, stdout, leftBehind(site)], ['SIGTERM', '', []])
    assert.match(
      follower.lines.join('\n'),
      /\+1 server; HAProxy runs it .*\n.* -1 server; HAProxy runs it after \S+ s$/,
    )
    assert.equal(asked('apps'), 3)
  })

  it('makes a handful of runs and reloads of two hundred events', async (t) => {
    const { follow, scale, serves, asked, reloads } = await withHaproxy(t)
    const follower = follow()
    await follower.updated(1)
    const before = await reloads()
    for (let event = 1; event <= 200; event++) {
      scale(1 + Math.ceil(event / 40))
      if (event % 10 === 0) await sleep(10)
    }
    await serves(6)
    await follower.end('SIGTERM')
    const made = [asked('apps') - 1, (await reloads()) - before]
    assert.ok(
      made.every((count) => count >= 1 && count <= 5),
      `runs and reloads: ${made}`,
    )
  })

  it('makes one run of all the events that come while it works, and prints JSON of each run', async (t) => {
    const { follow, scale, hold, asked, reloads } = await withoutHaproxy(t)
    const follower = follow(['--json'])
    await follower.updated(1)
    const release = hold()
    scale(2)
    await until(() => asked('apps') === 2, { what: 'the second run' })
    for (let event = 0; event < 20; event++) {
      scale(3)
      // So that there are several bursts.
      if (event % 5 === 0) await sleep(150)
    }
    release()
    await follower.updated(3)
    scale(4)
    await follower.updated(4)
    const { stdout } = await follower.end('SIGTERM')
    const outcomes = stdout.split('\n').flatMap((line) => (line ? JSON.parse(line).outcome : []))
    assert.deepEqual(outcomes, ['updated', 'updated', 'updated', 'updated'])
    assert.deepEqual([asked('apps'), await reloads()], [4, 4])
  })

  it('makes changes only so far apart', async (t) => {
    const [seldom, often] = [await withoutHaproxy(t), await withoutHaproxy(t)]
    const [waiting, busy] = [seldom.follow(['--min-reload-interval', '10m']), often.follow()]
    await Promise.all([waiting.updated(1), busy.updated(1)])
    for (const tasks of [2, 3, 4]) {
      seldom.scale(tasks)
      often.scale(tasks)
      await busy.updated(tasks)
    }
    assert.deepEqual([seldom.asked('apps'), await seldom.reloads(), await often.reloads()], [1, 1, 4])
  })
})

describe('a run that cannot follow Marathon', { concurrency: 3 }, () => {
  it('connects again where the connection ends, and finds what it was not told', async (t) => {
    const { marathon, follow, scale, asked } = await withoutHaproxy(t)
    const follower = follow(['-v'])
    const says = `follows the events of ${marathon.url}`
    for (const tasks of [2, 3]) {
      await follower.said(says, tasks - 1)
      marathon.events.drops = true
      scale(tasks)
      marathon.events.cut()
      await follower.updated(tasks)
    }
    marathon.events.drops = false
    await follower.said(says, 3)
    scale(4)
    await follower.updated(4)
    await follower.end('SIGTERM')
    assert.deepEqual([asked('events'), asked('apps')], [3, 4])
  })

  it('is a plain one where there are no events, says so once, and once that there are', async (t) => {
    const { marathon, follow, asked } = await withoutHaproxy(t)
    marathon.eventFault = '404'
    const first = follow()
    assert.equal((await first.done).status, 0)
    const [warning = '', update = '', ...others] = first.lines
    assert.match(warning, /: warning: Marathon's events cannot be followed,.*: http:.*: HTTP status 404$/)
    assert.match(update, /: updated /)
    assert.deepEqual(others, [])
    const second = await follow().done
    assert.deepEqual([second.status, second.stderr, asked('apps')], [0, '', 2])
    marathon.eventFault = undefined
    const third = follow()
    await third.said(warning.replace('warning: ', 'no longer: '))
    assert.equal(third.hasEnded, false)
  })

  it('tries again by itself while Marathon is down', async (t) => {
    const { marathon, follow, scale, asked } = await withoutHaproxy(t)
    marathon.fault = '503-json'
    const follower = follow()
    await until(() => asked('events') === 3, { timeout: 20_000, what: 'it to connect again and again' })
    assert.equal(asked('apps'), 1)
    marathon.fault = undefined
    await follower.updated(1)
    // Now only for who asks, while the connection stands.
    marathon.fault = '503-json'
    scale(2)
    await follower.said('error[unavailable]', 2)
    marathon.fault = undefined
    await follower.updated(2)
    await follower.said('it is over: unavailable', 2)
  })
})

describe('a run with --follow', { concurrency: 3 }, () => {
  it('ends when its time since the start of the process is over, with the status of its last run', async (t) => {
    const { marathon, follow, asked, reloads } = await withoutHaproxy(t)
    const anHourAgo = preload('process.uptime = () => 3600')
    const { status, stderr } = await follow(['--follow', '59m'], { nodeArgs: anHourAgo }).done
    assert.equal(status, 0)
    assert.match(stderr, /^haproxy-updater: updated .*\n$/)
    assert.deepEqual([asked('apps'), await reloads()], [1, 1])
    marathon.apps = []
    const failed = await follow(['--follow', '2s']).done
    assertFailed(failed, 'unsafe')
    assert.deepEqual([asked('apps'), failed.stderr.split('\n').length], [2, 2])
  })

  it('does not stay where it is a dry run or has a recorded reply', async (t) => {
    const { follow, asked } = await withoutHaproxy(t)
    const recorded = join(import.meta.dirname, '../../templates/sample-apps.json')
    assert.equal((await follow(['--dry-run']).done).status, 2)
    assert.equal((await follow(['--from', recorded]).done).status, 0)
    assert.equal(asked('events'), 0)
  })
})
