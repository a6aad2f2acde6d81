import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { commandSpecs } from '../src/command-table.js'
import { bashCompletion } from '../src/completion.js'
import { optionSpecs } from '../src/option-table.js'
import { makeFile, makeFolder } from './support/folder.js'

const folder = makeFolder({ after })
makeFile(folder, 'apps.json')
makeFile(folder, 'two words.json')
mkdirSync(join(folder, 'templates'))
const script = makeFile(folder, '.completion', bashCompletion())

/** What a bash offers for the last of these words, as readline parts them, the program's name left out; nothing may be said. */
function offered(...words: string[]): string[] {
  const program = `
    set -u
    source "$1"; shift
    COMP_WORDS=(haproxy-updater "$@") COMP_CWORD=$# COMP_LINE="haproxy-updater $*" COMP_POINT=\${#COMP_LINE}
    "$(complete -p haproxy-updater | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
    printf '%s\\n' \${COMPREPLY[@]+"\${COMPREPLY[@]}"}`
  const args = ['--norc', '--noprofile', '-c', program, 'bash', script, ...words]
  const { status, stdout, stderr } = spawnSync('bash', args, { cwd: folder, encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout.split('\n').filter(Boolean).sort()
}

describe('the completion for bash', () => {
  it('offers every command first, and every option anywhere', () => {
    const flags = Object.values(optionSpecs).flatMap(({ flags }) => flags.match(/--[a-z-]+/) ?? [])
    const global = [...flags, '--config', '--help', '--version'].sort()
    assert.deepEqual(offered(''), Object.keys(commandSpecs).sort())
    assert.deepEqual(offered('re'), ['record', 'render'])
    assert.deepEqual(offered('--'), global)
    assert.deepEqual(offered('render', '--'), [...global, '--output'].sort())
    assert.ok(offered('-').includes('-m'))
    assert.deepEqual(offered('--http'), ['--http-port', '--https-port'])
  })

  it('offers the words of an option, after a blank and after =', () => {
    assert.deepEqual(offered('--health', ''), ['auto', 'ignore', 'strict'])
    assert.deepEqual(offered('--health', '='), ['auto', 'ignore', 'strict'])
    assert.deepEqual(offered('--health', '=', 's'), ['strict'])
    assert.deepEqual(offered('--health=s'), ['--health=strict'])
    assert.deepEqual(offered('--color', 'a'), ['always', 'auto'])
    assert.deepEqual(offered('--resolve', 'o'), ['off', 'on'])
    assert.deepEqual(offered('--port-check', ''), ['off', 'on'])
    assert.deepEqual(offered('--http-port', ''), ['off'])
    assert.deepEqual(offered('--reload', ''), ['auto', 'master:', 'none', 'systemd'])
    assert.deepEqual(offered('--haproxy', 'n'), ['none'])
    assert.deepEqual(offered('--stats-socket', '=', 'n'), ['none'])
  })

  it('offers files and folders where they belong', () => {
    const all = ['.completion', 'apps.json', 'templates', 'two words.json']
    assert.deepEqual(offered('--from', ''), all)
    assert.deepEqual(offered('-c', 'a'), ['apps.json'])
    assert.deepEqual(offered('--ssl-cert', 'tw'), ['two words.json'])
    assert.deepEqual(offered('--templates', ''), ['templates'])
    assert.deepEqual(offered('render', '-o', ''), ['templates'])
    assert.deepEqual(offered('record', ''), all)
    assert.deepEqual(offered('completion', ''), ['bash'])
    assert.deepEqual(offered('--reload', 'master', ':', 'ap'), ['apps.json'])
    assert.deepEqual(offered('--reload', 'master', ':'), all)
    assert.deepEqual(offered('--from=ap'), ['--from=apps.json'])
  })

  it('offers nothing where nothing is known, and takes no value for a command', () => {
    for (const words of [
      ['--marathon', ''],
      ['-g', ''],
      ['--timeout', '='],
      ['record', 'apps.json', ''],
      ['man', ''],
    ])
      assert.deepEqual(offered(...words), [], words.join(' '))
    assert.deepEqual(offered('-m', 'http', ':', '//a.test', ':', '8080', 'ren'), ['render'])
    assert.deepEqual(offered('--marathon', '=', 'http', ':', '//a.test', 'ren'), ['render'])
    assert.deepEqual(offered('--group', 'record', 'ren'), ['render'])
    assert.deepEqual(offered('--strict', '--health=auto', 'ren'), ['render'])
  })

  it('is loaded without a word', () => {
    const { status, stdout, stderr } = spawnSync('bash', ['-eu', script], { encoding: 'utf8' })
    assert.deepEqual([status, stdout, stderr], [0, '', ''])
  })
})
