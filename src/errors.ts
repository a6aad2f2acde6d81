/** Every exit status of the program: the number, its stable name and when it is given. One number, one cause. */
export const exitStatuses = [
  { status: 0, name: 'ok', when: 'up to date, or updated, reloaded and verified' },
  { status: 2, name: 'pending', when: '--dry-run found changes' },
  { status: 64, name: 'usage', when: 'wrong option or value' },
  { status: 65, name: 'invalid-config', when: 'haproxy -c rejects the rendered text; live file untouched' },
  { status: 66, name: 'no-input', when: 'template, config file or recorded reply missing or unreadable' },
  { status: 69, name: 'unavailable', when: 'every Marathon failed: DNS, refused, TLS, timeout, 5xx' },
  { status: 70, name: 'internal', when: 'a bug in this program' },
  {
    status: 71,
    name: 'command-failed',
    when: 'haproxy, flock or the reload program cannot be started or overran its time, or the stats socket may not be opened',
  },
  {
    status: 73,
    name: 'cannot-write',
    when: 'permission, disk full, read-only, socket directory missing; nothing changed, or only the output could not be printed',
  },
  { status: 75, name: 'busy', when: 'another run holds the lock' },
  {
    status: 76,
    name: 'bad-reply',
    when: 'an answer that is not a Marathon reply: 404, not JSON, no apps, cut off, too large',
  },
  { status: 77, name: 'auth-refused', when: 'Marathon, or the login to it, answered 401 or 403' },
  { status: 78, name: 'bad-setup', when: 'config file, template or secret file in error' },
  { status: 79, name: 'port-taken', when: 'the http or https port is held by another process; live file untouched' },
  { status: 80, name: 'unsafe', when: 'refused: empty reply, or too many servers lost at once' },
  {
    status: 81,
    name: 'rolled-back',
    when: 'the reload failed or was not verified; the last proven configuration is back (also while waiting to try again)',
  },
  {
    status: 82,
    name: 'reload-pending',
    when: 'HAProxy is not running what is on disk and the run could not mend it: look now',
  },
] as const

/** The stable names of the exit statuses, as printed in `error[NAME]`. */
export type ExitName = (typeof exitStatuses)[number]['name']

/** The number of a named exit status. */
export function statusOf(name: ExitName): number {
  return exitStatuses.find((entry) => entry.name === name)?.status ?? 70
}

/** A failure a person can act on: `exit` names its status, the message says what, where, why and what now. */
export class UpdaterError extends Error {
  readonly exit: ExitName

  constructor(exit: ExitName, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'UpdaterError'
    this.exit = exit
  }
}

/** The reason inside an unknown thrown value, on one line: an errno or TLS code where there is one, else the message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code
  const message = error.message.split('\n')[0] ?? ''
  if (message === '') return code ?? error.name
  return code && !message.includes(code) ? `${code}: ${message}` : message
}
