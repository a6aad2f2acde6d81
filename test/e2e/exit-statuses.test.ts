import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { exitStatuses } from '../../src/errors.js'
import { isAlive } from '../support/alive.js'
import { app } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { makeFile } from '../support/folder.js'
import { listen } from '../support/listen.js'
import { startMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { preload } from '../support/preload.js'
import { type Result, type RunOptions, runProgram, startProgram } from '../support/program.js'
import { startProvenSite } from '../support/proven.js'
import { createSite, type Site } from '../support/site.js'
import { until } from '../support/wait.js'
import { whileLocked } from '../support/while-locked.js'

let site: Site
let replies: { one: string; two: string; none: string }
let servicePort: number

before(async () => {
  site = await createSite()
  servicePort = await freePort()
  replies = { one: reply('one', [web(1)]), two: reply('two', [web(2)]), none: reply('none', []) }
  assert.equal((await run('--from', replies.one)).status, 0)
})

after(() => site.remove())

const web = (tasks: number) => app('/web', { ports: [servicePort], labels: { HAPROXY_0_VHOST: 'web.test' }, tasks })

/** Runs that nobody reloads HAProxy for, which says all. */
const run = (...more: string[]): Promise<Result> => runWith({}, ...more)
const runWith = (options: RunOptions, ...more: string[]): Promise<Result> =>
  runProgram([...site.args, '--reload', 'none', '--verbose', ...more], options)

const reply = (name: string, apps: unknown[]): string => file(`${name}.json`, JSON.stringify({ apps }))

const file = (name: string, text: string, mode = 0o600): string => makeFile(site.dir, name, text, mode)

/** A folder of templates that replace the packaged ones. */
function templates(files: Record<string, string>): string {
  const folder = join(site.dir, 'templates')
  rmSync(folder, { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) makeFile(folder, name, text)
  return folder
}

const readPackaged = (name: string): string => readFileSync(join(import.meta.dirname, '../../templates', name), 'utf8')

describe('the exit status', () => {
  const reached: { status: number; name: string }[] = []

  const has = (
    status: number,
    name: (typeof exitStatuses)[number]['name'],
    when: string,
    reach: (t: TestContext) => Promise<Result>,
  ) =>
    it(`is ${status}, ${name}, ${when}`, async (t) => {
      const result = await reach(t)
      if (['ok', 'pending'].includes(name)) assert.doesNotMatch(result.stderr, /error\[| {4}at /)
      else if (name !== 'internal') assertFailed(result, name)
      assert.equal(result.status, status, result.stderr)
      reached.push({ status, name })
    })

  has(0, 'ok', 'when nothing differs', () => run('--from', replies.one))

  has(2, 'pending', 'when a dry run finds a change', () => run('--from', replies.two, '--dry-run'))

  has(64, 'usage', 'for an option that does not exist', () => run('--reloaded'))

  has(65, 'invalid-config', 'when HAProxy rejects the text, which is kept', async () => {
    const folder = templates({ 'defaults.cfg.njk': 'defaults\n  nonsense\n' })
    const result = await run('--from', replies.two, '--templates', folder)
    const rejected = join(site.stateDir, 'rejected.cfg')
    assert.match(readFileSync(rejected, 'utf8'), /^ {2}nonsense$/m)
    assert.match(result.stderr, new RegExp(`${rejected}:\\d+.*unknown keyword 'nonsense'`))
    return result
  })

  has(66, 'no-input', 'when the recorded reply is missing', () => run('--from', join(site.dir, 'missing.json')))

  has(69, 'unavailable', 'when nobody listens at the URL', async () =>
    run('--marathon', `http://127.0.0.1:${await freePort()}`),
  )

  has(70, 'internal', 'for a bug, with its stack', async () => {
    const nodeArgs = preload(`
      import crypto from 'node:crypto'
      import { syncBuiltinESMExports } from 'node:module'
      crypto.createHash = () => { throw new TypeError('sabotaged') }
      syncBuiltinESMExports()`)
    const result = await runWith({ nodeArgs }, '--from', replies.two)
    assert.match(result.stderr, /^haproxy-updater: error\[internal\]: this is a bug.*TypeError: sabotaged\n {4}at /)
    return result
  })

  has(71, 'command-failed', 'when haproxy -c is not done in time', () => {
    const slow = file('slow', '#!/bin/sh\nsleep 60\n', 0o700)
    return run('--from', replies.two, '--haproxy', slow, '--timeout', '1')
  })

  has(73, 'cannot-write', "when the live file's folder is missing", () => {
    const live = join(site.dir, 'missing/haproxy.cfg')
    return run('--from', replies.two, '--haproxy-config', live, '--state-dir', join(site.dir, 'other-state'))
  })

  has(75, 'busy', 'while another run holds the lock', () =>
    whileLocked(site.stateDir, () => run('--from', replies.two)),
  )

  has(76, 'bad-reply', 'when the reply is no reply of Marathon', () => run('--from', file('page.json', '<html>')))

  has(77, 'auth-refused', 'when Marathon answers 401', async (t) => {
    const marathon = await startMarathon([], { basic: 'user:password' })
    t.after(() => marathon.close())
    return run('--marathon', marathon.url)
  })

  has(78, 'bad-setup', 'for an unknown key in the config file', () =>
    run('--from', replies.one, '--config', file('updater.json', '{"reloaded": "none"}')),
  )

  has(79, 'port-taken', 'when another process holds the new http port', async (t) => {
    const foreign = await listen(createServer(), await freePort())
    t.after(() => foreign.close())
    const port = String(foreign.port)
    return run('--from', replies.two, '--http-port', port, '--reload', `master:${site.masterSocket}`)
  })

  has(80, 'unsafe', 'when no server would be left', () => run('--from', replies.none))

  has(81, 'rolled-back', 'when the reload command reloads nothing', async (t) => {
    const proven = await startProvenSite([web(1)])
    t.after(() => proven.end())
    const before = await proven.traffic()
    const result = await proven.run('--from', replies.two, '--reload', 'true')
    const now = await proven.traffic()
    assert.deepEqual(now.worker, before.worker)
    assert.deepEqual(hashes(now.files), hashes(before.files))
    return result
  })

  has(82, 'reload-pending', 'when HAProxy is not running', async (t) => {
    const other = await createSite()
    t.after(() => other.remove())
    const result = await runProgram([...other.args, '--from', replies.one])
    assert.match(readFileSync(other.live, 'utf8'), /^ {2}server 127\.0\.0\.1_/m)
    return result
  })

  it('is never another one', () => {
    const all = exitStatuses.map(({ status, name }) => ({ status, name }))
    assert.deepEqual(reached, all)
  })

  const hashes = (files: Awaited<ReturnType<Site['tree']>>) =>
    Object.entries(files).map(([path, { hash }]) => [path, hash])
})

describe('the status of a command', () => {
  it('is not that of a monitor, though a later word or the value of an option is "status"', async () => {
    assertFailed(await runProgram(['check', '--nope', 'status']), 'usage', '--nope')
    assertFailed(await runProgram(['--from', 'status', 'routes']), 'no-input')
  })

  it('comes with what was typed, and signs that a terminal obeys are spelled out', async () => {
    const result = await runProgram(['routes', '/e/\u001b[31m', ...site.args, '--from', replies.one])
    assertFailed(result, 'usage', '/e/\\u{1b}[31m')
  })
})

describe('a signal', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`ends the program by ${signal}, with the program it started and without its temporary files`, async () => {
      await interrupt(signal, (waiting) => ['--haproxy', waiting])
    })
  }

  it('ends a run that waits for the reload, and the new file stays', async () => {
    await interrupt('SIGTERM', (waiting) => ['--reload', waiting])
    assert.match(readFileSync(site.live, 'utf8'), /^ {2}server 127\.0\.0\.1_\d+1 /m)
    assert.equal((await run('--from', replies.one)).status, 0)
  })

  it('ends a run that waits for Marathon', async (t) => {
    const marathon = await startMarathon([])
    t.after(() => marathon.close())
    marathon.fault = 'hang'
    const { child, done } = startProgram([...site.args, '--marathon', marathon.url])
    await until(() => marathon.requests.length > 0, { what: 'the request' })
    child.kill('SIGTERM')
    assert.deepEqual(pick(await done), { status: null, signal: 'SIGTERM', stderr: '' })
  })

  /** Ends a run while the program that it was told to start waits. */
  async function interrupt(signal: NodeJS.Signals, more: (waiting: string) => string[]): Promise<void> {
    const started = join(site.dir, 'started')
    rmSync(started, { force: true })
    const waiting = file(
      'waiting',
      `#!/bin/sh\necho $$ > ${started}.tmp && mv ${started}.tmp ${started}\nsleep 60\n`,
      0o700,
    )
    const temporary = join(site.dir, 'tmp')
    mkdirSync(temporary, { recursive: true })
    const before = Object.keys(site.tree())
    const args = [...site.args, '--reload', 'none', '--from', replies.two, ...more(waiting)]
    const { child, done } = startProgram(args, { env: { TMPDIR: temporary } })
    await until(() => existsSync(started), { what: 'the program to start' })
    assert.equal(readdirSync(temporary).length, 1)
    child.kill(signal)
    assert.deepEqual(pick(await done), { status: null, signal, stderr: '' })
    assert.deepEqual(readdirSync(temporary), [])
    const pid = Number(readFileSync(started, 'utf8'))
    await until(() => !isAlive(pid), { what: 'the started program to end' })
    const left = Object.keys(site.tree()).filter((path) => !before.includes(path) && path !== 'started')
    assert.deepEqual(left, [])
  }

  const pick = ({ status, signal, stderr }: Result) => ({ status, signal, stderr })
})

describe('a wrong command line', () => {
  const refused: Record<string, [args: string[], says: RegExp]> = {
    'an unknown option': [['--marathn', 'http://x'], /'--marathn' \(did you mean --marathon\?\)/],
    'an unknown short option': [['-z'], /'-z'/],
    'an unknown command': [['rendr'], /'rendr' \(did you mean render\?\)/],
    'too many words': [['render', 'this'], /render/],
    'an option without its value': [['--from'], /--from <file>/],
    'an empty text': [['--from', ''], /--from is "", which is not a text/],
    'an empty list': [['--group', ''], /--group is "", which is not/],
    'a URL of another kind': [
      ['--marathon', 'ftp://marathon'],
      /--marathon is "ftp:\/\/marathon", .* http or https URL/,
    ],
    'a port out of range': [['--http-port', '65536'], /--http-port is "65536", .* port \(1 to 65535\) or "off"/],
    'a port that is none': [['--stats-port', 'none'], /--stats-port is "none"/],
    'a duration that is none': [['--timeout', '5h'], /--timeout is "5h", .* number of seconds/],
    'a percentage over 100': [['--max-drop', '101'], /--max-drop is "101", .* percentage/],
    'a size of nothing': [['--max-reply-size', '0'], /--max-reply-size is "0", .* MiB/],
    'an address that is none': [['--bind', 'eth0'], /--bind is "eth0", .* IP address/],
    'a word that is near': [['--health', 'strikt'], /--health is "strikt", .* \(did you mean strict\?\)/],
    'neither on nor off': [['--resolve', 'maybe'], /--resolve is "maybe", .* one of on, off/],
    'quiet and verbose at once': [['--quiet'], /--quiet and --verbose contradict each other/],
    'two frontends on one port': [['--http-port', '7777', '--stats-port', '7777'], /the same \(7777, 7777\)/],
  }

  for (const [mistake, [args, says]] of Object.entries(refused)) {
    it(`is refused for ${mistake}`, async () => {
      assertFailed(await run('--from', replies.two, ...args), 'usage', says)
    })
  }

  it('is refused for a wrong variable in the environment', async () => {
    const wrong = (env: Record<string, string>) => runWith({ env }, '--from', replies.two)
    const unknown = await wrong({ HAPROXY_UPDATER_MARATON: 'http://x' })
    assertFailed(unknown, 'usage', /HAPROXY_UPDATER_MARATON .*did you mean HAPROXY_UPDATER_MARATHON\?/)
    assertFailed(await wrong({ HAPROXY_UPDATER_TIMEOUT: 'soon' }), 'usage', /HAPROXY_UPDATER_TIMEOUT is "soon"/)
    assertFailed(await wrong({ HAPROXY_UPDATER_STRICT: 'perhaps' }), 'usage', /HAPROXY_UPDATER_STRICT is "perhaps"/)
  })

  it('is refused for a state directory that belongs to another live file', async () => {
    const other = join(site.dir, 'etc/other.cfg')
    const result = await run('--from', replies.two, '--haproxy-config', other)
    assertFailed(result, 'usage', `belongs to ${site.live}, not to ${other}`)
    assert.ok(!existsSync(other))
  })
})

describe('a wrong set-up', () => {
  const config = (text: string): Promise<Result> => run('--from', replies.two, '--config', file('updater.json', text))

  it('is refused with the line of the config file and the nearest key', async () => {
    const path = join(site.dir, 'updater.json')
    assertFailed(
      await config('{\n  "health": "auto",\n  "max-drob": 50\n}'),
      'bad-setup',
      `${path}:3: unknown key "max-drob" (did you mean max-drop?)`,
    )
    assertFailed(await config('{\n  "health": "auto"\n  "max-drop": 50\n}'), 'bad-setup', `${path}:3: not valid JSON`)
    assertFailed(await config('{\n'), 'bad-setup', `${path}:1: not valid JSON`)
    assertFailed(await config('[]'), 'bad-setup', `${path}:1: `)
    assertFailed(await config('{\n\n  "http-port": 0 }'), 'bad-setup', `${path}:3: "http-port" is 0`)
  })

  it('is refused for a config file that is named and missing', async () => {
    const missing = join(site.dir, 'missing.json')
    assertFailed(await run('--from', replies.two, '--config', missing), 'no-input', missing)
  })

  it('is refused for a secret file that others can read, that is empty or that is missing', async () => {
    const secret = (path: string) => run('--marathon', 'http://127.0.0.1:1', '--auth-file', path)
    const lax = file('lax', 'user:password\n', 0o640)
    assertFailed(await secret(lax), 'bad-setup', `${lax} can be read by others; chmod 600`)
    const empty = file('empty', '\n')
    assertFailed(await secret(empty), 'bad-setup', `${empty}:1: `)
    assertFailed(await secret(join(site.dir, 'nothing')), 'no-input', join(site.dir, 'nothing'))
  })

  const faulty: Record<string, [template: string, says: string]> = {
    'an undefined variable': ['backend x\n\n  mode {{ mod }}\n', ':3'],
    'a syntax error': ['backend x\n{% if %}\n{% endif %}\n', ':2'],
    'an unknown tag': ['backend x\n\n\n{% iff true %}\n', ':4'],
    'an unknown filter': ['backend x\n  mode {{ "http" | upercase }}\n', ':2'],
    'an unterminated tag': ['backend x\n\n{{ "http" \n', ':'],
    'an unterminated block': ['backend x\n\n{% if true %}\n', ':'],
  }

  for (const [fault, [template, says]] of Object.entries(faulty)) {
    it(`is refused for a template with ${fault}, with file and line`, async () => {
      for (const name of ['haproxy.cfg.njk', 'own/part.cfg']) {
        const folder = templates({ 'backends.cfg.njk': '{% include "own/part.cfg" %}', [name]: template })
        const result = await run('--from', replies.two, '--templates', folder)
        assertFailed(result, 'bad-setup', new RegExp(`${join(folder, name)}${says}${says === ':' ? '\\d' : '\\b'}`))
      }
    })
  }

  it('is refused for a template that includes a missing file', async () => {
    const folder = templates({ 'backends.cfg.njk': 'backend x\n{% include "gone.njk" %}\n' })
    const result = await run('--from', replies.two, '--templates', folder)
    assertFailed(result, 'no-input', `${join(folder, 'backends.cfg.njk')}`)
    assertFailed(result, 'no-input', 'gone.njk')
  })

  it('is refused for a template folder that is missing', async () => {
    assertFailed(await run('--from', replies.two, '--templates', join(site.dir, 'none')), 'no-input', 'none')
  })

  it('is refused for a global section without the stats socket, unless nobody reloads HAProxy', async () => {
    const folder = templates({ 'global.cfg.njk': 'global\n  maxconn 100\n' })
    const args = ['--from', replies.two, '--templates', folder, '--dry-run']
    assertFailed(await run(...args, '--reload', 'true'), 'bad-setup', `stats socket ${site.statsSocket}`)
    assert.equal((await run(...args)).status, 2)
    assert.equal((await run(...args, '--reload', 'true', '--stats-socket', 'none')).status, 2)
  })

  it('is refused for a global section with a description of its own', async () => {
    const global = `${readPackaged('global.cfg.njk')}  description ours\n`
    const folder = templates({ 'global.cfg.njk': global })
    assertFailed(await run('--from', replies.two, '--templates', folder), 'bad-setup', '"description ours"')
  })

  it('is refused for templates without the backend that a host is routed to', async () => {
    const folder = templates({ 'backends.cfg.njk': '' })
    assertFailed(await run('--from', replies.two, '--templates', folder), 'bad-setup', 'web_0')
  })

  it('never touches the live file', async () => {
    const { status, stderr } = await run('--from', replies.one)
    assert.deepEqual([status, /up to date/.test(stderr)], [0, true])
  })
})

describe('a program that cannot be started', () => {
  it('is named, whether it is missing, no program, or a folder', async () => {
    const plain = file('plain', 'text')
    for (const haproxy of ['no-such-haproxy', join(site.dir, 'missing'), plain, site.dir]) {
      assertFailed(await run('--from', replies.two, '--haproxy', haproxy), 'command-failed', haproxy)
    }
  })

  it('is flock where PATH does not lead to it', async () => {
    const result = await runWith({ env: { PATH: site.dir } }, '--from', replies.two)
    assertFailed(result, 'command-failed', 'flock')
  })
})
