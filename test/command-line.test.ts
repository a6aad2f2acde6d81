import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Asked, readCommandLine } from '../src/command-line.js'
import { exitStatuses } from '../src/errors.js'
import type { OptionSpec } from '../src/option-spec.js'
import { optionSpecs } from '../src/option-table.js'
import { version } from '../src/version.js'
import { runProgram } from './support/program.js'

const specs = Object.entries<OptionSpec<unknown>>(optionSpecs)
const run: Asked = { command: 'run', argument: undefined, own: {}, flags: {} }
const ask = (...args: string[]): Asked | undefined => readCommandLine(['node', 'haproxy-updater', ...args], assert.fail)

describe('the command line', () => {
  it('hands on every option as it is written, by its long and by its short flag', () => {
    for (const [name, { flags, repeats }] of specs) {
      const takesValue = flags.includes('<')
      const value = takesValue ? (repeats ? ['a,b'] : 'a,b') : true
      for (const written of flags.match(/-{1,2}[a-z-]+/g) ?? []) {
        const asked = ask(written, ...(takesValue ? ['a,b'] : []))
        assert.deepEqual(asked, { ...run, flags: { [name]: value } }, written)
      }
    }
  })

  it('collects what is given more than once', () => {
    assert.deepEqual(ask('-m', 'a', '--marathon=b', '-mc')?.flags, { marathon: ['a', 'b', 'c'] })
    assert.deepEqual(ask('--bind', 'a', '--bind', 'b')?.flags, { bind: 'b' })
  })

  it('knows its commands, with options before and after', () => {
    assert.deepEqual(ask(), run)
    const flags = { from: ['-'], config: 'c.json' }
    assert.deepEqual(ask('--from', '-', 'render', '-c', 'c.json'), { ...run, command: 'render', flags })
    assert.deepEqual(ask('render', '-o', 'out')?.own, { output: 'out' })
    assert.deepEqual(ask('render', '--output', 'out')?.own, { output: 'out' })
  })

  it('refuses what it does not know, with the nearest that it knows', () => {
    const wrong: [string[], RegExp][] = [
      [['--http-prot', '80'], /^unknown option '--http-prot' \(did you mean --http-port\?\)/],
      [['--no-such-thing=1'], /^unknown option '--no-such-thing=1'; --help lists them all$/],
      [['-x'], /^unknown option '-x'/],
      [['rendr'], /^unknown command 'rendr' \(did you mean render\?\); the commands are .*render/],
      [['run', 'now'], /^unknown command 'run'/],
      [['--bind'], /argument missing; see --help$/],
      [['render', 'x'], /^(?!unknown command 'render').*render/],
      [['render', '--outptu', 'x'], /\(did you mean --output\?\)/],
      [['--dry-run=yes'], /--dry-run/],
      [['check', '--html', 'x'], /^unknown option '--html': --html is an option of routes; see --help$/],
      [['check', '-o=x'], /: -o is an option of render; see --help$/],
      [['check', '--htm', 'x'], /^unknown option '--htm'; --help lists them all$/],
      [['routes', '--htm', 'x'], /\(did you mean --html\?\); --help lists them all$/],
    ]
    for (const [args, message] of wrong) assert.throws(() => ask(...args), { exit: 'usage', message }, args.join(' '))
  })
})

describe('--help', () => {
  it('lists every option with its help and default, every command and every exit status', async () => {
    const { status, stdout, stderr } = await runProgram(['--help'])
    assert.deepEqual([status, stderr], [0, ''])
    const flat = stdout.replace(/\s+/g, ' ')
    for (const [, { flags, help }] of specs) assert.ok(flat.includes(`${flags} ${help}`), flags)
    assert.ok(
      flat.includes('(default: /etc/haproxy/haproxy.cfg)') || flat.includes('(default: "/etc/haproxy/haproxy.cfg")'),
    )
    for (const { status: number, name, when } of exitStatuses)
      assert.ok(flat.includes(` ${number} ${name} ${when}`), name)
    assert.match(stdout, /^ +render /m)
    assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) <= 160)
  })

  it('is printed for -h too, and the version for --version', async () => {
    assert.match((await runProgram(['-h'])).stdout, /^Usage: haproxy-updater \[options\]/)
    const { status, stdout, stderr } = await runProgram(['--version'])
    assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, ''])
  })
})
