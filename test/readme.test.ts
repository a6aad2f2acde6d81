import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type CommandSpec, commandSpecs } from '../src/command-table.js'
import { exitStatuses } from '../src/errors.js'
import { findingKinds } from '../src/marathon/findings.js'
import { optionSpecs } from '../src/option-table.js'
import { generalOptions } from '../src/options.js'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

/** The rows that the README's tables must have, from the program's own tables. */
const options: { flags: string; help: string; default?: string | string[] }[] = [
  ...Object.values(optionSpecs),
  ...Object.values(generalOptions),
]
const optionRows = options.map(({ flags, help, default: fallback }) => {
  const shown =
    fallback === undefined || fallback === 'false' || fallback === '0' ? '' : `\`${[fallback].flat().join(' ')}\``
  return `| \`${flags.replaceAll('|', '\\|')}\` | ${shown} | ${help.replaceAll('|', '\\|')} |`
})
const kindRows = Object.entries(findingKinds).map(
  ([kind, { warned, means }]) => `| \`${kind}\` | ${means} | ${warned ? 'yes' : ''} |`,
)
const statusRows = exitStatuses.map(({ status, name, when }) => `| ${status} | ${name} | ${when} |`)

const commands = Object.entries<CommandSpec>(commandSpecs)
const commandRows = commands.map(
  ([name, { argument, help }]) => `| \`haproxy-updater ${name}${argument ? ` ${argument}` : ''}\` | ${help} |`,
)
const ownRows = commands.flatMap(([name, { options }]) =>
  Object.values(options).map(
    ({ flags, help, default: fallback }) =>
      `| \`${name}\` | \`${flags}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${help} |`,
  ),
)

/** The rows of a section's tables that begin like this. */
const rowsOf = (section: string, start: RegExp): string[] =>
  (readme.split(/^## /m).find((text) => text.startsWith(`${section}\n`)) ?? '')
    .split('\n')
    .filter((line) => start.test(line))

describe('the README', () => {
  it('has each command with its help and its own options, and no other', () => {
    assert.deepEqual(rowsOf('Commands', /^\| `haproxy-updater /), commandRows)
    assert.deepEqual(rowsOf('Commands', /^\| `[a-z]+` \| `-/), ownRows)
  })

  it('has each option with its default and help, and no other', () => {
    const section = readme.slice(readme.indexOf('## Options'), readme.indexOf('### How HAProxy is reloaded'))
    const rows = section.split('\n').filter((line) => line.startsWith('| `-'))
    assert.deepEqual(rows, optionRows)
  })

  it('has each reason why something is left out, and no other', () => {
    const [, table = ''] = readme.split('| reason | what is left out | warned |\n|---|---|---|\n')
    assert.deepEqual((table.split('\n\n')[0] ?? '').split('\n'), kindRows)
  })

  it('has each exit status with its name and cause, and no other', () => {
    const rows = readme.split('\n').filter((line) => /^\| \d+ \| [a-z-]+ \|/.test(line))
    assert.deepEqual(
      rows.map((row) => row.split(' | ').slice(0, 3).join(' | ')),
      statusRows.map((row) => row.replace(/ \|$/, '')),
    )
  })
})
