import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { OptionSpec } from '../src/option-spec.js'
import { optionSpecs } from '../src/option-table.js'
import { keyOf, otherVariables, readOptions, variableOf } from '../src/options.js'
import { makeFile, makeFolder } from './support/folder.js'

const folder = makeFolder({ after })
const file = (text: string): string => makeFile(folder, 'options.json', text)
const none = makeFile(folder, 'none.json', '{}')

/** The options of a run, with no config file of this host in the way. */
const read = (flags: Record<string, unknown>, env: NodeJS.ProcessEnv = {}, config = none) =>
  readOptions({ config, ...flags }, env)

const specs = Object.entries<OptionSpec<unknown>>(optionSpecs)
const defaults = read({})

/** A value that this option takes and that is not its default. */
function sampleFor(name: string, { parse }: OptionSpec<unknown>): { raw: string; parsed: unknown } {
  for (const raw of ['true', 'off', 'never', 'strict', '44', '127.0.0.9']) {
    try {
      const parsed = parse({ value: raw, where: name })
      if (!isDeepStrictEqual(parsed, defaults[name as keyof typeof defaults])) return { raw, parsed }
    } catch {}
  }
  throw new Error(`no sample fits ${name}; add one here`)
}

describe('every option', () => {
  it('has a long flag named as its key, a group and one line of help', () => {
    for (const [name, { flags, help, group }] of specs) {
      assert.match(flags, /^(-[a-z], )?--[a-z]+(-[a-z]+)*( <[^<>]+>)?$/)
      assert.equal(/--([a-z-]+)/.exec(flags)?.[1], keyOf(name))
      assert.match(group, /^[A-Z].*:$/)
      assert.match(help, /^\S.{10,}[^.\s]$/, name)
    }
  })

  it('shares neither its long nor its short flag with another', () => {
    const written = specs.flatMap(([, { flags }]) => flags.match(/-{1,2}[a-z-]+/g) ?? [])
    assert.equal(new Set(written).size, written.length)
    assert.ok(written.length > specs.length)
  })

  it('can be given as a flag, a variable and a key of the config file, and means the same', () => {
    for (const [name, spec] of specs) {
      const { raw, parsed } = sampleFor(name, spec)
      const expected = { ...defaults, [name]: parsed }
      assert.deepEqual(read({ [name]: spec.repeats ? [raw] : raw }), expected, name)
      assert.deepEqual(read({}, { [variableOf(name)]: raw }), expected, variableOf(name))
      assert.deepEqual(read({}, {}, file(JSON.stringify({ [keyOf(name)]: raw }))), expected, keyOf(name))
    }
  })

  it('has the default that the table shows, or none', () => {
    for (const [name, { default: shown, parse }] of specs) {
      const expected = shown === undefined ? undefined : parse({ value: shown, where: name })
      assert.deepEqual(defaults[name as keyof typeof defaults], expected, name)
    }
  })
})

describe('the names of an option', () => {
  it('follow from one another', () => {
    assert.equal(keyOf('haproxyConfig'), 'haproxy-config')
    assert.equal(variableOf('haproxyConfig'), 'HAPROXY_UPDATER_HAPROXY_CONFIG')
    assert.ok(specs.every(([name]) => !otherVariables.includes(variableOf(name))))
  })
})

describe('precedence', () => {
  const config = () => file('{ "http-port": 81, "group": ["file"] }')
  const env = { HAPROXY_UPDATER_HTTP_PORT: '82', HAPROXY_UPDATER_GROUP: 'one,two three' }

  it('is flag, then variable, then file, then default', () => {
    assert.equal(read({ httpPort: '83' }, env, config()).httpPort, 83)
    assert.equal(read({}, env, config()).httpPort, 82)
    assert.equal(read({}, {}, config()).httpPort, 81)
    assert.equal(read({}).httpPort, 80)
  })

  it('replaces lists and does not add to them', () => {
    assert.deepEqual(read({ group: ['flag'] }, env, config()).group, ['flag'])
    assert.deepEqual(read({}, env, config()).group, ['one', 'two', 'three'])
    assert.deepEqual(read({}, {}, config()).group, ['file'])
  })

  it('passes over a variable that is empty', () => {
    assert.equal(read({}, { HAPROXY_UPDATER_HTTP_PORT: '' }, config()).httpPort, 81)
    assert.equal(readOptions({}, { HAPROXY_UPDATER_CONFIG: '', HAPROXY_UPDATER_HTTP_PORT: '84' }).httpPort, 84)
  })

  it('lets the variable name the config file, and the flag another', () => {
    assert.equal(readOptions({}, { HAPROXY_UPDATER_CONFIG: config() }).httpPort, 81)
    assert.equal(readOptions({ config: none }, { HAPROXY_UPDATER_CONFIG: config() }).httpPort, 80)
  })
})

describe('a wrong value', () => {
  it('is named by its flag or variable', () => {
    assert.throws(() => read({ httpPort: 'x' }), { exit: 'usage', message: /^--http-port is "x"/ })
    assert.throws(() => read({}, { HAPROXY_UPDATER_TIMEOUT: '1d' }), {
      exit: 'usage',
      message: /^HAPROXY_UPDATER_TIMEOUT is "1d"/,
    })
  })

  it('in the config file is named by file, line and key, even where a flag overrides it', () => {
    const path = file('{\n  "quiet": true,\n  "http-port": "x"\n}\n')
    const message = `${path}:3: "http-port" is "x", which is not a port (1 to 65535) or "off"`
    assert.throws(() => read({}, {}, path), { exit: 'bad-setup', message })
    assert.throws(() => read({ httpPort: '80' }, {}, path), { exit: 'bad-setup', message })
  })

  it('is found on its line even where an earlier value is spelt like its key', () => {
    const path = file('{\n  "group": ["bind", "x"],\n  "bind": "nowhere"\n}\n')
    assert.throws(() => read({}, {}, path), {
      exit: 'bad-setup',
      message: new RegExp(`^${path}:3: "bind" is "nowhere"`),
    })
  })

  it('may be one that contradicts another', () => {
    assert.throws(() => read({ quiet: true, verbose: true }), { exit: 'usage', message: /--quiet and --verbose/ })
    assert.throws(() => read({ httpPort: '8080', statsPort: '8080' }), {
      exit: 'usage',
      message: /same \(8080, 8080\)/,
    })
    assert.throws(() => read({ httpsPort: '80', sslCert: ['/x'] }), { exit: 'usage', message: /same/ })
    assert.equal(read({ httpsPort: '80' }).httpsPort, 80, 'without a certificate there is no https frontend')
    assert.equal(read({ httpPort: 'off', statsPort: 'off' }).httpPort, undefined)
  })
})

describe('an unknown name', () => {
  it('in the environment is refused with the nearest known one', () => {
    assert.throws(() => read({}, { HAPROXY_UPDATER_HTTPPORT: '80' }), {
      exit: 'usage',
      message: 'unknown variable HAPROXY_UPDATER_HTTPPORT in the environment (did you mean HAPROXY_UPDATER_HTTP_PORT?)',
    })
    for (const name of otherVariables) assert.ok(read({}, { [name]: name.endsWith('CONFIG') ? none : 'x' }))
    assert.ok(read({}, { HAPROXY_HTTPPORT: '80' }), 'a variable of somebody else is none of ours')
  })

  it('in the config file is refused with file, line and the nearest known one', () => {
    const path = file('{\n\n  "http_port": 80\n}\n')
    const message = `${path}:3: unknown key "http_port" (did you mean http-port?)`
    assert.throws(() => read({}, {}, path), { exit: 'bad-setup', message })
  })
})

describe('a config file', () => {
  it('that is named must be there', () => {
    const missing = `${folder}/missing.json`
    const error = { exit: 'no-input', message: new RegExp(`cannot read the config file ${missing}: ENOENT`) }
    assert.throws(() => read({ config: missing }), error)
    assert.throws(() => readOptions({}, { HAPROXY_UPDATER_CONFIG: missing }), error)
  })

  it('that is no JSON is refused with the line of the fault', () => {
    const faults: [string, number][] = [
      ['{\n  "quiet": true,\n}', 3],
      ['{\n  quiet: true,\n  "bind": "*"\n}\n', 2],
      ['', 1],
      ['{\n  "quiet": tru', 2],
      ['{\n  "quiet": yes,\n  "bind": "*"\n}\n', 2],
      ['{\n  "bind": "*,\n  "quiet": true\n}\n', 2],
      ['{\n  "quiet": true\n\n\n', 2],
      ['[]', 1],
      ['"quiet"', 1],
      ['null', 1],
    ]
    for (const [text, line] of faults) {
      const path = file(text)
      assert.throws(() => read({}, {}, path), { exit: 'bad-setup', message: new RegExp(`^${path}:${line}: `) }, text)
    }
  })

  it('holds switches, numbers and lists as JSON has them', () => {
    const options = read({}, {}, file('{ "quiet": true, "stats-port": 9999, "marathon": ["a", "https://b/c"] }'))
    assert.deepEqual([options.quiet, options.statsPort, options.marathon], [true, 9999, ['http://a', 'https://b/c']])
    for (const value of ['null', '{}', '[]', 'true']) {
      assert.throws(() => read({}, {}, file(`{ "group": ${value} }`)), { exit: 'bad-setup' }, value)
    }
  })
})
