import { UpdaterError } from '../errors.js'
import { markerIn } from '../render/marker.js'
import { ask } from './socket.js'

/**
 * What the running HAProxy says it loaded: `answers` with its marker (undefined: a configuration that is not ours) and the process id of
 * its worker, `not-running`
 * where nothing answers, or `not-asked` where the operator waived the question.
 */
export type Running =
  | { state: 'answers'; marker: string | undefined; pid: string | undefined }
  | { state: 'not-running' }
  | { state: 'not-asked' }

const answerLimit = 2000

/**
 * Asks the running HAProxy on the first of its stats sockets that answers; without any, it is not asked. Throws `command-failed`
 * where a socket may not be opened, or accepts and stays silent; with `lenient`, for a person who only looks, the former counts as not asked.
 */
export async function askRunning(statsSockets: Iterable<string>, lenient = false): Promise<Running> {
  let running: Running = { state: 'not-asked' }
  for (const path of statsSockets) {
    const answer = await ask(path, 'show info', answerLimit)
    if (answer.how === 'forbidden') {
      if (lenient) return { state: 'not-asked' }
      throw new UpdaterError(
        'command-failed',
        `the stats socket ${path} may not be opened, so nothing would prove a reload; run as root or give this user the socket`,
      )
    }
    if (answer.how === 'silent') throw silence(path)
    if (answer.how === 'answered' && answer.text !== '') return readInfo(answer.text)
    running = { state: 'not-running' }
  }
  return running
}

/** A HAProxy that listens but says nothing may serve; what it holds and runs is not known, so nothing may be changed. */
const silence = (path: string): UpdaterError =>
  new UpdaterError(
    'command-failed',
    `HAProxy accepts on the stats socket ${path} but does not answer within ${answerLimit / 1000} s; see whether it hangs or the socket is overrun`,
  )

const readInfo = (info: string): Running => ({
  state: 'answers',
  marker: markerIn(/^description: (.*)$/im.exec(info)?.[1] ?? ''),
  pid: /^Pid: (\d+)$/m.exec(info)?.[1],
})
