import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkCase } from '../../src/check/case.js'
import { exitOf } from '../../src/check/report.js'
import { type ExitName, UpdaterError } from '../../src/errors.js'
import { packagedTemplates } from '../../src/packaged.js'
import { app } from '../support/apps.js'
import { caseOf, tasks } from '../support/check-case.js'
import { makeFile, makeFolder } from '../support/folder.js'

describe('a case', () => {
  it('is ok where HAProxy accepts it, and counts what it routes', async (t) => {
    assert.deepEqual(await checkCase(caseOf(t, {}), true), {
      from: 'a.json',
      ok: true,
      exit: 'ok',
      ...{ apps: 1, services: 1, servers: 1 },
      failures: [],
      warnings: [],
    })
  })

  it('gives each agent the address of documentation, and HAProxy no name to look up', async (t) => {
    const contains = ['server agent.invalid_31001 192.0.2.1:31001']
    assert.ok((await checkCase(caseOf(t, { expected: { contains } }), true)).ok)
    const names = ['server agent.invalid_31001 agent.invalid:31001 init-addr last,libc,none']
    const noLookUp = makeFile(makeFolder(t), 'haproxy', '#!/bin/sh\n! grep libc "$3"\n', 0o755)
    const flags = { resolve: 'off', haproxy: noLookUp }
    assert.ok((await checkCase(caseOf(t, { flags, expected: { contains: names } }), true)).ok)
  })

  it('that HAProxy rejects names template, section, app and label', async (t) => {
    const templates = {
      'backends.cfg.njk': (text: string) => text.replace('  mode {{ backend.mode }}', '$&\n  nonsense'),
    }
    const { exit, failures } = await checkCase(caseOf(t, { templates }), true)
    assert.equal(exit, 'invalid-config')
    const [{ template = '', message = '', ...rest } = {}] = failures
    assert.match(template, /^\/.*\/backends\.cfg\.njk$/)
    assert.match(message, /^unknown keyword 'nonsense' in 'backend' section/)
    assert.deepEqual(rest, {
      kind: 'haproxy',
      line: 4,
      source: '  nonsense',
      section: 'backend web_0',
      app: '/web',
      port: 0,
    })

    const bound = app('/web', { labels: { HAPROXY_0_SSL_CERT: '/nowhere/a.pem' }, tasks })
    const { failures: ofLabel } = await checkCase(caseOf(t, { apps: [bound], flags: { trustLabels: true } }), true)
    assert.deepEqual(
      ofLabel.map(({ line, section, app }) => [line, section, app]),
      [[3, 'frontend service:10000', '/web']],
    )
    assert.match(ofLabel[0]?.message ?? '', /from label HAPROXY_0_SSL_CERT\)$/)
    assert.equal(ofLabel[0]?.template, join(packagedTemplates, 'service-ports.cfg.njk'))
  })

  it('that HAProxy rejects in many ways names them all, and no password', async (t) => {
    const templates = {
      'global.cfg.njk': (text: string) => `${text}  hello world\n`,
      'defaults.cfg.njk': (text: string) => `${text}  hello again\n{% set a %}\n{% endset %}\n`,
      'userlists.cfg.njk': () => 'userlist own\n  user bob insecure-password geheim hello there\n',
    }
    const { failures } = await checkCase(caseOf(t, { templates }), true)
    assert.deepEqual(
      failures.map(({ template = '', line, section }) => [template.replace(/.*\//, ''), line, section]),
      [
        ['global.cfg.njk', 15, 'global'],
        ['defaults.cfg.njk', 14, 'defaults'],
        ['userlists.cfg.njk', 2, 'userlist own'],
      ],
    )
    assert.doesNotMatch(JSON.stringify(failures), /geheim/)
  })

  it('that HAProxy rejects for what cannot be followed to a template names the section and app', async (t) => {
    const templates = {
      'haproxy.cfg.njk': (text: string) =>
        `{% set all %}\n${text}{% endset %}\n{{ all if all | length > 9 }}\n${'{{ "".nope() if "\ue000" in all }}'}`,
      'backends.cfg.njk': (text: string) => text.replace('  mode {{ backend.mode }}', '$&\n  nonsense'),
    }
    const [failure] = (await checkCase(caseOf(t, { templates }), true)).failures
    assert.deepEqual([failure?.template, failure?.section, failure?.app], [undefined, 'backend web_0', '/web'])
  })

  it('that HAProxy rejects without a line of its own, or with another beside, names those of templates', async (t) => {
    const failureOf = async (own: string) => {
      const templates = { 'haproxy.cfg.njk': (text: string) => `${own}${text}` }
      const [failure] = (await checkCase(caseOf(t, { templates }), true)).failures
      return { ...failure, template: failure?.template?.replace(/.*\//, '') }
    }
    assert.deepEqual(await failureOf('frontend own\n  mode http\n  bind 127.0.0.1:1\n  default_backend nope\n'), {
      kind: 'haproxy',
      message: "Proxy 'own': unable to find required default_backend: 'nope'.",
      template: 'haproxy.cfg.njk',
      line: 1,
      source: 'frontend own',
      section: 'frontend own',
    })
    const { line, message } = await failureOf('# mine\n\nbackend own\n\nbackend own\n')
    assert.equal(line, 5)
    assert.match(message ?? '', / declared at \/\S+\/haproxy\.cfg\.njk:3\b/)
    assert.doesNotMatch(message ?? '', /staged/)
  })

  it('leaves nothing behind, whatever HAProxy says', async (t) => {
    const [good, bad] = [caseOf(t, {}), caseOf(t, { templates: { 'stats.cfg.njk': () => 'nonsense\n' } })]
    const [before, TMPDIR] = [process.env['TMPDIR'], makeFolder(t)]
    process.env['TMPDIR'] = TMPDIR
    try {
      assert.deepEqual([(await checkCase(good, true)).ok, (await checkCase(bad, true)).ok], [true, false])
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
    assert.deepEqual(readdirSync(TMPDIR), [])
  })

  it('cannot be checked by a HAProxy that cannot be asked', async (t) => {
    const flags = { haproxy: '/nowhere/haproxy' }
    await assert.rejects(() => checkCase(caseOf(t, { flags }), true), { exit: 'command-failed' })
  })
})

describe('a case without a configuration', () => {
  const nothing = { ok: false, apps: null, services: null, servers: null, warnings: [] }

  it('names the place in the template', async (t) => {
    const templates = { 'http-demands.cfg.njk': () => '{% if backend.hsts %}\n  a {{ nope }}\n{% endif %}\n' }
    assert.ok((await checkCase(caseOf(t, { templates }), false)).ok, 'no label reaches it')
    const apps = [app('/web', { labels: { HAPROXY_0_VHOST: 'web.test', HAPROXY_0_USE_HSTS: 'true' } })]
    const { failures, ...rest } = await checkCase(caseOf(t, { apps, templates }), false)
    assert.deepEqual(rest, { from: 'a.json', exit: 'bad-setup', ...nothing })
    const [{ template = '', ...failure } = {}] = failures
    assert.match(template, /\/http-demands\.cfg\.njk$/)
    const message = 'attempted to output null or undefined value'
    assert.deepEqual(failure, { kind: 'template', message, line: 2, column: 5, source: '  a {{ nope }}' })
  })

  it('shows no password of the template', async (t) => {
    const templates = { 'userlists.cfg.njk': () => 'userlist own\n  user bob insecure-password geheim {{ nope }}\n' }
    const { failures } = await checkCase(caseOf(t, { templates }), false)
    assert.equal(failures[0]?.source, '  user bob insecure-password ***')
  })

  it('says what a run would refuse: a text without the stats socket, unless nobody is asked there', async (t) => {
    const templates = { 'global.cfg.njk': () => 'global\n' }
    const { exit, failures } = await checkCase(caseOf(t, { templates }), false)
    assert.deepEqual([exit, failures[0]?.kind], ['bad-setup', 'setup'])
    assert.match(failures[0]?.message ?? '', /no "stats socket \/run\/haproxy\/admin\.sock"/)
    for (const flags of [{ reload: 'none' }, { statsSocket: 'none' }])
      assert.ok((await checkCase(caseOf(t, { templates, flags }), false)).ok)
  })

  it('names another template that is missing or cannot be read, and a folder of them', async (t) => {
    const templates = { 'stats.cfg.njk': () => '\n{% include "nope.njk" %}\n' }
    const missing = await checkCase(caseOf(t, { templates }), false)
    const [{ line, message } = {}] = missing.failures
    assert.deepEqual([missing.exit, line, message], ['no-input', 2, 'template not found: nope.njk'])
    const folder = makeFolder(t)
    makeFile(folder, 'stats.cfg.njk/x')
    const { exit, failures } = await checkCase(caseOf(t, { flags: { templates: folder } }), false)
    assert.deepEqual([exit, failures[0]?.template], ['no-input', join(folder, 'stats.cfg.njk')])
    assert.match(failures[0]?.message ?? '', /^cannot be read: EISDIR/)
    const nowhere = await checkCase(caseOf(t, { flags: { templates: join(folder, 'nope') } }), false)
    assert.deepEqual([nowhere.exit, nowhere.failures[0]?.kind], ['no-input', 'setup'])
  })

  it('says what is wrong of the reply or of what is expected', async (t) => {
    const none = { ...app('/web'), tasks: undefined }
    const empty = await checkCase(caseOf(t, { apps: [none] }), false)
    assert.deepEqual([empty.exit, empty.failures[0]?.kind], ['bad-reply', 'reply'])
    const missing = {
      ...caseOf(t, { expected: {} }),
      read: () => {
        throw new UpdaterError('no-input', 'not there')
      },
    }
    const { exit, failures } = await checkCase(missing, false)
    assert.deepEqual([exit, failures[0]?.kind], ['no-input', 'reply'])
    assert.equal(failures[0]?.message, `not there, of which ${missing.expectFile} expects something`)
    const unreadable = await checkCase({ ...caseOf(t, {}), expectFile: makeFolder(t) }, false)
    assert.deepEqual([unreadable.exit, unreadable.failures[0]?.kind], ['no-input', 'setup'])
    assert.match(
      unreadable.failures[0]?.message ?? '',
      /^cannot read the expectations \/\S+: it is not a regular file$/,
    )
    const odd = await checkCase(caseOf(t, { expected: { host: {} } }), false)
    assert.deepEqual([odd.exit, odd.failures[0]?.kind], ['bad-setup', 'setup'])
  })

  it('is no excuse for a bug', async (t) => {
    const broken = {
      ...caseOf(t, {}),
      read: () => {
        throw new TypeError('bug')
      },
    }
    await assert.rejects(() => checkCase(broken, false), TypeError)
  })
})

describe('the exit status of all cases', () => {
  it('is that of templates before that of replies', () => {
    const all = (...exits: ExitName[]) =>
      exitOf(
        exits.map((exit) => ({
          from: '',
          ok: exit === 'ok',
          exit,
          apps: 0,
          services: 0,
          servers: 0,
          failures: [],
          warnings: [],
        })),
      )
    assert.equal(all('ok', 'ok'), 'ok')
    assert.equal(all('no-input', 'ok'), 'no-input')
    assert.equal(all('no-input', 'bad-reply'), 'bad-reply')
    assert.equal(all('bad-reply', 'invalid-config', 'no-input'), 'invalid-config')
    assert.equal(all('invalid-config', 'bad-setup', 'ok'), 'bad-setup')
  })
})
