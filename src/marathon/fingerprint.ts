import { createHash } from 'node:crypto'

const moving = Buffer.from('"lastSuccess":"')
const quote = 0x22

/**
 * A hash of a reply of Marathon that is the same where nothing but the times of passed health checks is another: those move with
 * every check and say nothing that `alive` does not (marathon-api §5). One Marathon writes `alive` into all results or into none; a
 * reply without it is taken as it is. Of what an app may write, this is only found in a name that ends in lastSuccess, of a label
 * or a variable, and only its value is left out: nothing routes by it.
 */
export function fingerprintOf(body: Buffer): string {
  const hash = createHash('sha256')
  let done = 0
  let at = saysAlive(body) ? body.indexOf(moving) : -1
  while (at >= 0) {
    const time = at + moving.length
    hash.update(body.subarray(done, time))
    done = Math.max(time, body.indexOf(quote, time))
    at = body.indexOf(moving, done)
  }
  return hash.update(body.subarray(done)).digest('hex')
}

const saysAlive = (body: Buffer): boolean => ['true', 'false'].some((value) => body.includes(`"alive":${value}`))
