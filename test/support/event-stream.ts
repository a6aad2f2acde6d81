import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Attempt, type EventStream, openEvents } from '../../src/marathon/event-stream.js'
import { readOptions } from '../../src/options.js'
import { makeFile, makeFolder } from './folder.js'
import { type MarathonOptions, startMarathon, type TestMarathon } from './marathon.js'

/** A Marathon without apps, until the test ends. */
export async function startEmpty(t: TestContext, options: MarathonOptions = {}): Promise<TestMarathon> {
  const marathon = await startMarathon([], options)
  t.after(() => marathon.close())
  return marathon
}

/** What comes of asking these URLs for events, with these options, until the test ends or `over` is aborted. */
async function attempt(
  t: TestContext,
  urls: string[],
  flags: Record<string, unknown> = {},
  silence?: number,
): Promise<Attempt & { over: AbortController }> {
  const over = new AbortController()
  t.after(() => over.abort())
  const config = makeFile(makeFolder(t), 'none.json', '{}')
  const options = readOptions({ config, marathon: urls, ...flags }, {})
  return { ...(await openEvents(options, over.signal, silence)), over }
}

/** The events of the first of these URLs that has them, with these options, until the test ends or `over` is aborted. */
export async function openStream(
  ...asked: Parameters<typeof attempt>
): Promise<EventStream & { over: AbortController }> {
  const opened = await attempt(...asked)
  assert.equal(opened.how, 'open', JSON.stringify(opened))
  return { ...opened.stream, over: opened.over }
}

/** Why none of these URLs has events; `how` says whether another attempt could change that. */
export async function reasonFor(how: 'refused' | 'failed', ...asked: Parameters<typeof attempt>): Promise<string> {
  const unopened = await attempt(...asked)
  assert.equal(unopened.how, how, JSON.stringify(unopened))
  return unopened.reason
}

/** Asserts that an event of this Marathon comes through. The stream is not to be read any more. */
export async function assertHeard({ events }: TestMarathon, { types }: EventStream): Promise<void> {
  events.emit('status_update_event', { taskId: 'a' })
  for await (const type of types) return assert.equal(type, 'status_update_event')
  assert.fail('the stream has ended')
}

/** The path and the headers of the last request to a Marathon. */
export const lastRequest = ({ requests }: TestMarathon) => ({
  path: requests.at(-1)?.path,
  ...requests.at(-1)?.headers,
})
