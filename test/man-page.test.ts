import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, describe, it } from 'node:test'
import { type CommandSpec, commandSpecs } from '../src/command-table.js'
import { exitStatuses } from '../src/errors.js'
import { manPage } from '../src/man-page.js'
import type { OptionSpec } from '../src/option-spec.js'
import { optionSpecs } from '../src/option-table.js'
import { otherVariables } from '../src/options.js'
import { example, item, plain, section, typed } from '../src/roff.js'
import { makeFile, makeFolder } from './support/folder.js'

const folder = makeFolder({ after })
const { PATH } = process.env

/** What man(1) shows of a page, a line for each paragraph; nothing may be warned of. */
function shownBy(source: string): string {
  const path = makeFile(folder, 'page.1', source)
  const env = { PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '2000', MAN_DISABLE_SECCOMP: '1' }
  const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', path], { env, encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

describe('the manual page', () => {
  const source = manPage('1.2.3')
  const page = shownBy(source)
  const flat = page.replace(/\s+/g, ' ')

  it('has the sections of a page of section 1', () => {
    const titles = page.split('\n').filter((line) => /^[A-Z]+( [A-Z]+)*$/.test(line))
    assert.equal(
      titles.join(', '),
      'NAME, SYNOPSIS, DESCRIPTION, COMMANDS, OPTIONS, EXIT STATUS, ENVIRONMENT, FILES, EXAMPLES, SEE ALSO',
    )
    assert.match(page, /^HAPROXY-UPDATER\(1\) +User Commands +HAPROXY-UPDATER\(1\)$/m)
    assert.match(page, /^haproxy-updater 1\.2\.3 +HAPROXY-UPDATER\(1\)$/m)
    assert.match(page, /^ +haproxy-updater - keeps haproxy\.cfg true/m)
  })

  it('shows every option with its help and default, below its group', () => {
    const inPage = (flags: string): string => flags.replace(/<(.+)>/, '$1')
    const groups = new Set<string>()
    let at = flat.indexOf(' OPTIONS ')
    for (const { flags, help, group, default: fallback } of Object.values<OptionSpec<unknown>>(optionSpecs)) {
      const heading = groups.has(group) ? '' : `${group.replace(':', '')} `
      groups.add(group)
      const unsaid = fallback === undefined || fallback === 'false' || fallback === '0'
      const said = unsaid ? '' : ` (default: ${[fallback].flat().join(' ')})`
      const found = flat.indexOf(` ${heading}${inPage(flags)} ${help}${said} `, at)
      assert.ok(found >= at, flags)
      at = found
    }
    for (const flags of ['-c, --config file', '-h, --help', '--version']) assert.ok(flat.includes(` ${flags} `), flags)
  })

  it('shows every command with its options', () => {
    for (const [name, spec] of Object.entries<CommandSpec>(commandSpecs)) {
      const argument = spec.argument ? `${spec.argument.replace(/[<>]/g, '')} ` : ''
      assert.ok(flat.includes(` haproxy-updater ${name} ${argument}[options] `), name)
      const options = Object.values(spec.options).map(({ flags, help }) => `${flags.replace(/<(.+)>/, '$1')} ${help}`)
      for (const part of [`${name} ${argument}${spec.help}`, ...options]) assert.ok(flat.includes(` ${part} `), part)
    }
  })

  it('shows every exit status, variable and file', () => {
    for (const { status, name, when } of exitStatuses) assert.ok(flat.includes(` ${status} (${name}) ${when} `), name)
    assert.ok(flat.includes(' 128+n ended by signal n'))
    for (const name of [...otherVariables, 'HAPROXY_UPDATER_*', 'NO_COLOR']) assert.ok(flat.includes(` ${name} `), name)
    assert.ok(
      flat.includes(' HAPROXY_UPDATER_DCOS_CREDENTIALS The secret itself, in place of --dcos-credentials-file. '),
    )
    for (const path of [
      '/etc/haproxy/haproxy.cfg-*.map',
      '/var/lib/haproxy-updater/state.json',
      '/etc/haproxy-updater.json',
    ])
      assert.ok(flat.includes(` ${path} `), path)
    assert.match(page, /^ +\* \* \* \* \* root haproxy-updater -q /m)
  })

  it('is taken by groff without a warning, at the width of a terminal', () => {
    const { status, stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-rLL=78n'], {
      input: source,
      encoding: 'utf8',
    })
    assert.deepEqual([status, stderr], [0, ''])
    assert.ok(stdout.length > 5000)
    assert.doesNotMatch(stdout, /\w[-\u2010]$/m)
  })
})

describe('a text in roff', () => {
  const odd = `.SH \\fBx\\n[a]\\\n'ig\n..\n-- 'a' \`b\` "c" ^~ é… \\(aq`
  const frame = (...lines: string[]): string =>
    ['.TH X 1 "" "" ""', '.nh', section('SH', 'NAME', ...lines), ''].join('\n')

  it('comes out as it went in, whatever is in it', () => {
    const [, ...shown] = shownBy(frame('x', example(odd)))
      .split('\n')
      .map((line) => line.trim())
    assert.ok(shown.join('\n').includes(odd), shown.join('\n'))
    assert.ok(shownBy(frame('x', item(typed("-a, --b'c <d-e>"), '.e'))).includes(`-a, --b'c d-e\n`))
  })

  it('has hyphens that can be copied, and what is typed in bold', () => {
    assert.equal(plain('a-b'), 'a\\-b')
    assert.equal(plain("'`^~\\\n.é"), '\\(aq\\(ga\\(ha\\(ti\\e\n\\&.\\[u00E9]')
    assert.equal(typed('-m, --marathon <url>'), '\\fB\\-m\\fR, \\fB\\-\\-marathon\\fR \\fIurl\\fR')
    assert.equal(typed('record <file>'), '\\fBrecord\\fR \\fIfile\\fR')
    assert.equal(typed('routes [app]'), '\\fBroutes\\fR [\\fIapp\\fR]')
  })
})
