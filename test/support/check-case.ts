import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import type { Case } from '../../src/check/cases.js'
import { readOptions } from '../../src/options.js'
import { packagedTemplates } from '../../src/packaged.js'
import { app } from './apps.js'
import { makeFile, makeFolder } from './folder.js'

const config = makeFile(makeFolder({ after }), 'none.json', '{}')

/** What a test says of a case; what is expected stands in a file beside it. */
export interface CaseSpec {
  apps?: unknown[]
  flags?: Record<string, unknown>
  /** Templates in place of packaged ones, made from these. */
  templates?: Record<string, (packaged: string) => string>
  expected?: unknown
}

/** A case of these apps, by default of `web` alone, with no config file of this host. */
export function caseOf(t: TestContext, { apps = [web], flags = {}, templates, expected }: CaseSpec): Case {
  const folder = makeFolder(t)
  for (const [name, change] of Object.entries(templates ?? {}))
    makeFile(folder, name, change(readFileSync(join(packagedTemplates, name), 'utf8')))
  const expectFile = expected === undefined ? undefined : makeFile(folder, 'a.expect.json', JSON.stringify(expected))
  const options = readOptions({ ...(templates ? { templates: folder } : {}), ...flags, config }, {})
  return { from: 'a.json', read: async () => ({ from: 'a.json', apps }), options, expectFile }
}

/** A task on an agent with a name. */
export const tasks = [{ host: 'agent.invalid', ports: [31001] }]
/** An app with a service port and a host. */
export const web = app('/web', { labels: { HAPROXY_0_VHOST: 'web.test' }, tasks })
