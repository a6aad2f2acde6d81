/**
 * The types of events that may change what is routed (marathon-api §8): what tasks do, their health, and changes of apps. Those of the
 * steps of a deployment say nothing more.
 */
export const routingEvents: readonly string[] = [
  'api_post_event',
  'app_terminated_event',
  'deployment_failed',
  'deployment_success',
  'group_change_success',
  'health_status_changed_event',
  'instance_changed_event',
  'instance_health_changed_event',
  'status_update_event',
  'unhealthy_instance_kill_event',
  'unhealthy_task_kill_event',
]

/** Of a line no more is kept: names are short, and what an event says is not read. */
const longestKept = 256

/** The type of each event in a text/event-stream, as it comes to its end. Takes memory for one short line, however long they are. */
export async function* eventTypes(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let type = ''
  let hasData = false
  const linesIn = lineSplitter()
  for await (const chunk of body) {
    for (const line of linesIn(chunk)) {
      // A stream may begin with a byte order mark.
      const [, field, value = ''] = /^(?:\xEF\xBB\xBF)?([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
      if (line === '') {
        if (hasData) yield type || 'message'
        type = ''
        hasData = false
      } else if (field === 'event') type = value
      else if (field === 'data') hasData = true
    }
  }
}

/** The lines that a chunk ends, by CR LF, LF or CR, wherever chunks end. Bytes stay bytes: only ASCII is looked for. */
function lineSplitter(): (chunk: Buffer) => Generator<string> {
  let line = ''
  let isAfterCr = false
  return function* linesIn(chunk) {
    const text = chunk.toString('latin1')
    const parts = text.slice(isAfterCr && text.startsWith('\n') ? 1 : 0).split(/\r\n|\r|\n/)
    if (text !== '') isAfterCr = text.endsWith('\r')
    for (const [index, part] of parts.entries()) {
      line = (line + part).slice(0, longestKept)
      if (index === parts.length - 1) break
      yield line
      line = ''
    }
  }
}
