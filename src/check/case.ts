import { isIP } from 'node:net'
import { note, openAccount } from '../account.js'
import { compose, type Draft } from '../compose.js'
import { type ExitName, UpdaterError } from '../errors.js'
import { withoutPasswords } from '../haproxy/config-text.js'
import { requireStatsSocket } from '../haproxy/loadable.js'
import type { Reply } from '../marathon/source.js'
import type { Options } from '../options.js'
import { TemplateError } from '../render/template-error.js'
import type { Surroundings } from '../surroundings.js'
import type { Case } from './cases.js'
import { type Expectations, readExpectations } from './expectations.js'
import { type CaseReport, type Failure, given } from './report.js'
import { unmetIn } from './unmet.js'
import { rejectionsOf } from './validation.js'

/**
 * Renders a reply as if on a host where nothing runs yet, has HAProxy check it where it `validates`, and compares it with what is
 * expected. Throws `command-failed` and `cannot-write`, which have nothing to do with the case; all else is in the report.
 */
export async function checkCase(one: Case, validates: boolean): Promise<CaseReport> {
  const { from, options, expectFile } = one
  try {
    const expected = expectFile === undefined ? undefined : readExpectations(expectFile)
    const draft = await compose(await replyOf(one), options, nowhere(options))
    if (options.reload !== 'none' && options.statsSocket)
      requireStatsSocket(draft.configuration.text, options.statsSocket)
    const { counts, warnings } = accountOf(draft)
    const failures = [
      ...(validates ? await rejectionsOf(draft, options) : []),
      ...(expected ? unmetIn(expected, draft, warnings) : []),
      ...(options.strict ? forbidden(warnings, expected) : []),
    ]
    const ok = failures.length === 0
    return { from, ok, exit: ok ? 'ok' : 'invalid-config', ...counts, failures, warnings }
  } catch (error) {
    return withoutDraft(one, error)
  }
}

class MissingReply extends UpdaterError {}

/** A reply that is missing may have been forgotten: somebody expects something of it. */
async function replyOf({ read, expectFile }: Case): Promise<Reply> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof UpdaterError) || error.exit !== 'no-input') throw error
    const loss = expectFile === undefined ? '' : `, of which ${expectFile} expects something`
    throw new MissingReply('no-input', error.message + loss, { cause: error })
  }
}

const documentationAddress = '192.0.2.1'

/** Nothing is known of any host, so that the same is rendered everywhere: each agent has the same address, and no port is tried. */
const nowhere = ({ haproxyConfig }: Options): Surroundings => ({
  live: haproxyConfig,
  isLive: () => false,
  resolveHosts: async (hosts) => new Map([...hosts].map((host) => [host, isIP(host) ? host : documentationAddress])),
  quarantine: {},
  held: undefined,
})

function accountOf(draft: Draft) {
  const account = openAccount()
  note(account, draft)
  return { counts: account.counts ?? noCounts, warnings: account.warnings }
}

const noCounts = { apps: null, services: null, servers: null }

/** Of the warnings, those that nobody expects. */
const forbidden = (warnings: string[], expected: Expectations | undefined): Failure[] =>
  warnings
    .filter((warning) => !expected?.warnings.some((piece) => warning.includes(piece)))
    .map((message) => ({ kind: 'warning', message }))

const ofCases: ExitName[] = ['bad-setup', 'bad-reply', 'no-input']

function withoutDraft({ from }: Case, error: unknown): CaseReport {
  if (!(error instanceof UpdaterError) || !ofCases.includes(error.exit)) throw error
  const { exit, message } = error
  const kind = exit === 'bad-reply' || error instanceof MissingReply ? 'reply' : 'setup'
  const failure: Failure = error instanceof TemplateError ? ofTemplate(error) : { kind, message }
  return { from, ok: false, exit, ...noCounts, failures: [failure], warnings: [] }
}

const ofTemplate = ({ place: { template, line, column, source }, reason }: TemplateError): Failure =>
  given<Failure>({
    kind: 'template',
    message: reason,
    template,
    line,
    column,
    source: source === undefined ? undefined : withoutPasswords(source),
    section: undefined,
    app: undefined,
    port: undefined,
  })
