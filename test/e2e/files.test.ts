import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { app, type TaskSpec } from '../support/apps.js'
import { assertFailed } from '../support/assert-failed.js'
import { freePort } from '../support/ports.js'
import { type Result, runProgram } from '../support/program.js'
import { type ProvenSite, startProvenSite } from '../support/proven.js'
import { createSite, type Site } from '../support/site.js'
import { until } from '../support/wait.js'
import { whileLocked } from '../support/while-locked.js'

const nobody = 65534

let site: Site
let temporary: string
let servicePort: number
const mounted: string[] = []

beforeEach(async () => {
  site = await createSite()
  temporary = join(site.dir, 'tmp')
  mkdirSync(temporary)
  servicePort ||= await freePort()
})

afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', ['--lazy', folder])
  site.remove()
})

const web = (tasks: TaskSpec[] | number, host = 'web.test') =>
  app('/web', { ports: [servicePort], labels: { HAPROXY_0_VHOST: host }, tasks })

/** A run that nobody reloads HAProxy for; TMPDIR is the site's own. */
function run(apps: unknown[], ...more: string[]): Promise<Result> {
  const args = [...site.args, '--reload', 'none', '--verbose', '--from', '-', ...more]
  return runProgram(args, { input: JSON.stringify({ apps }), env: { TMPDIR: temporary } })
}

/** A run that must end well. */
async function runWell(apps: unknown[], ...more: string[]): Promise<string> {
  const { status, stderr } = await run(apps, ...more)
  assert.equal(status, 0, stderr)
  return stderr
}

const live = (): string => readFileSync(site.live, 'utf8')
const serversLive = (): number => live().match(/^ {2}server /gm)?.length ?? 0
const mapOf = (file: string): string => /map\((\S+)\)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'no map'
const mapsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.map'))
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

/** All files of the site with their contents and times, and all its folders. */
const everything = () => [site.tree(), readdirSync(site.dir, { recursive: true }).sort()]

/** The live file with its map and whatever else is in that folder. */
const beside = () => Object.entries(site.tree()).filter(([path]) => path.startsWith('etc/'))

/** Puts a file system of its own into a folder that is empty. */
function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  mounted.push(folder)
}

const remount = (folder: string, options: string) => execFileSync('mount', ['-o', `remount,${options}`, folder])

/** Leaves no room in the file system of a folder. */
function fill(folder: string): void {
  const room = 'x'.repeat(4096)
  assert.throws(() => {
    for (;;) appendFileSync(join(folder, 'junk'), room)
  }, /ENOSPC/)
}

/** Makes a file, folder or link as old as a run that died long ago. */
function makeOld(path: string): void {
  const then = Date.now() / 1000 - 11 * 60
  lutimesSync(path, then, then)
}

/** A folder of templates that replace the packaged ones. */
function templates(files: Record<string, string>): string {
  const folder = join(site.dir, 'templates')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const packaged = (name: string): string => readFileSync(join(import.meta.dirname, '../../templates', name), 'utf8')

describe('the live file', () => {
  it('is new with mode 0644 and a map beside it, whatever the umask', async () => {
    const umask = process.umask(0o077)
    try {
      await runWell([web(1)])
    } finally {
      process.umask(umask)
    }
    assert.deepEqual([modeOf(site.live), modeOf(mapOf(site.live))], ['644', '644'])
    assert.equal(dirname(mapOf(site.live)), dirname(site.live))
  })

  it('keeps its owner and mode', async () => {
    await runWell([web(1)])
    chownSync(site.live, nobody, nobody)
    chmodSync(site.live, 0o640)
    await runWell([web(2)])
    const { uid, gid } = statSync(site.live)
    assert.deepEqual([serversLive(), modeOf(site.live), uid, gid], [2, '640', nobody, nobody])
  })

  it('is replaced behind a symlink, which stays, and its maps lie where it really is', async () => {
    await runWell([web(1)])
    const link = join(site.dir, 'link.cfg')
    symlinkSync('etc/haproxy.cfg', link)
    await runWell([web(2, 'other.test')], '--haproxy-config', link)
    assert.equal(readlinkSync(link), 'etc/haproxy.cfg')
    assert.equal(serversLive(), 2)
    assert.equal(dirname(mapOf(site.live)), dirname(site.live))
    assert.deepEqual([mapsIn(dirname(site.live)).length, mapsIn(site.dir).length], [1, 0])
  })

  it('is made behind a symlink that leads to no file yet', async () => {
    const link = join(site.dir, 'link.cfg')
    symlinkSync('etc/haproxy.cfg', link)
    await runWell([web(1)], '--haproxy-config', link)
    assert.equal(readlinkSync(link), 'etc/haproxy.cfg')
    assert.equal(serversLive(), 1)
  })

  it('may be on another file system than the temporary and the state directory', async () => {
    mount(dirname(site.live), 'size=1m')
    await runWell([web(1)])
    await runWell([web(2)])
    assert.equal(serversLive(), 2)
    assert.deepEqual(readdirSync(dirname(site.live)).length, 2)
  })

  it('that somebody else wrote is kept once, and the run says so', async () => {
    const ours = 'frontend ours\n  mode http\n  bind 127.0.0.1:1\n  timeout client 1s'
    writeFileSync(site.live, ours)
    const original = join(site.stateDir, 'original.cfg')
    assert.match(
      await runWell([web(1)]),
      new RegExp(`${site.live} was not written by this program; it is kept as ${original}`),
    )
    assert.equal(readFileSync(original, 'utf8'), ours)
    writeFileSync(site.live, 'another\n')
    assert.doesNotMatch(await runWell([web(2)]), /original/)
    assert.equal(readFileSync(original, 'utf8'), ours)
  })

  it('has a map that is written again where it was removed or edited', async () => {
    await runWell([web(1)])
    const map = mapOf(site.live)
    const text = readFileSync(map, 'utf8')
    assert.equal(text, 'web.test web_0\n')
    unlinkSync(map)
    assert.match(await runWell([web(1)]), /updated/)
    assert.equal(readFileSync(map, 'utf8'), text)
    appendFileSync(map, 'other.test web_0\n')
    assert.match(await runWell([web(1)]), /updated/)
    assert.equal(readFileSync(map, 'utf8'), text)
    assert.match(await runWell([web(1)]), /up to date/)
  })

  it('keeps its map though a comment in the templates says how maps are named', async () => {
    const http = `# maps are named ${site.live}-hosts-HASH.map\n${packaged('http.cfg.njk')}`
    await runWell([web(1)], '--templates', templates({ 'http.cfg.njk': http }))
    assert.equal(readFileSync(mapOf(site.live), 'utf8'), 'web.test web_0\n')
  })

  it('may have another one beside it, with a state directory of its own; neither touches the maps of the other', async () => {
    const names = ['lb.cfg', 'lb.cfg-hosts-2']
    for (const tasks of [1, 2, 3]) {
      for (const name of names) {
        const file = join(dirname(site.live), name)
        const state = join(site.dir, `state-${name}`)
        await runWell([web(tasks, `${tasks}.test`)], '--haproxy-config', file, '--state-dir', state)
      }
      const maps = names.map((name) => mapOf(join(dirname(site.live), name)))
      assert.deepEqual(
        readdirSync(dirname(site.live)).sort(),
        [...names, ...maps.map((map) => map.slice(map.lastIndexOf('/') + 1))].sort(),
      )
    }
  })
})

describe('what a dead run left', () => {
  it('is swept: temporary files beside the live file, its map and the state; what others left stays', async () => {
    await runWell([web(1)])
    const [etc, state] = [dirname(site.live), site.stateDir]
    const map = mapOf(site.live).slice(etc.length + 1)
    const ours = [
      join(etc, '.haproxy.cfg.haproxy-updater-0123456789ab'),
      join(etc, `.${map}.haproxy-updater-0123456789ab`),
      join(state, '.state.json.haproxy-updater-0123456789ab'),
      join(state, '.rejected.cfg.haproxy-updater-0123456789ab'),
    ]
    const others = ['.haproxy.cfg.swp', '.other.cfg.haproxy-updater-0123456789ab', '.haproxy.cfg.dpkg-new', 'other.map']
    const theirs = others.map((name) => join(etc, name))
    const foreign = join(etc, '.haproxy.cfg.haproxy-updater-ba9876543210')
    const victim = join(site.dir, 'victim')
    const link = join(etc, '.haproxy.cfg.haproxy-updater-00112233aabb')
    for (const path of [...ours, ...theirs, foreign, victim]) writeFileSync(path, 'left')
    chownSync(foreign, nobody, nobody)
    symlinkSync(victim, link)
    await runWell([web(2)])
    assert.deepEqual([...ours, ...theirs, foreign, victim, link].filter(existsSync), [...theirs, foreign, victim, link])
  })

  it('is swept once it is ten minutes old: staging folders', async () => {
    const [old, young] = ['haproxy-updater-staged-Dead01', 'haproxy-updater-staged-Live01']
    const kept = ['haproxy-updater.log', 'haproxyupdater-Dead01', young]
    for (const name of [old, ...kept]) {
      mkdirSync(join(temporary, name))
      writeFileSync(join(temporary, name, 'haproxy.cfg'), '')
      if (name !== young) makeOld(join(temporary, name))
    }
    await runWell([web(1)])
    assert.deepEqual(readdirSync(temporary).sort(), kept.sort())
  })

  it('is neither followed nor removed where somebody planted it: a symlink, or what belongs to another user', async () => {
    const victim = join(site.dir, 'victim')
    mkdirSync(victim)
    writeFileSync(join(victim, 'precious'), 'text')
    for (const name of ['haproxy-updater-staged-Link01', 'haproxy-updater-staged-'])
      symlinkSync(victim, join(temporary, name))
    mkdirSync(join(temporary, 'haproxy-updater-staged-Theirs'))
    chownSync(join(temporary, 'haproxy-updater-staged-Theirs'), nobody, nobody)
    const names = readdirSync(temporary)
    for (const name of names) makeOld(join(temporary, name))
    await runWell([web(1)])
    assert.deepEqual(readdirSync(temporary), names)
    assert.deepEqual(readdirSync(victim), ['precious'])
  })
})

describe('a file system that cannot be written', () => {
  const places: Record<string, () => string> = {
    'the folder of the live file': () => dirname(site.live),
    'the state directory': () => site.stateDir,
    'the temporary directory': () => temporary,
  }
  const faults: Record<string, [says: RegExp, spoil: (folder: string) => void, mend: (folder: string) => void]> = {
    'read-only': [/EROFS/, (folder) => remount(folder, 'ro'), (folder) => remount(folder, 'rw')],
    full: [/ENOSPC/, fill, (folder) => rmSync(join(folder, 'junk'))],
  }

  for (const [place, folderOf] of Object.entries(places)) {
    for (const [fault, [says, spoil, mend]] of Object.entries(faults)) {
      it(`changes nothing: ${place} is ${fault}`, async () => {
        const folder = folderOf()
        mount(folder, 'size=128k,mode=0700')
        await runWell([web(1)])
        spoil(folder)
        const before = [beside(), readdirSync(folder), readdirSync(temporary)]
        const failed = await run([web(2, 'other.test')])
        assertFailed(failed, 'cannot-write', says)
        assertFailed(failed, 'cannot-write', folder)
        assert.deepEqual([beside(), readdirSync(folder), readdirSync(temporary)], before)
        mend(folder)
        await runWell([web(2, 'other.test')])
        assert.equal(serversLive(), 2)
      })
    }
  }

  it('changes nothing though it takes a part: the temporary directory has too few inodes', async () => {
    mount(temporary, 'size=128k')
    const statuses: (number | null)[] = []
    for (let inodes = 1; inodes <= 6; inodes++) {
      remount(temporary, `nr_inodes=${inodes}`)
      const result = await run([web(1)], '--dry-run')
      if (result.status !== 2) assertFailed(result, 'cannot-write', temporary)
      statuses.push(result.status)
      assert.deepEqual(readdirSync(temporary), [])
    }
    assert.deepEqual([statuses.at(0), statuses.at(-1)], [73, 2])
  })

  it('changes nothing though it takes a part: the folder of the live file has room for the map only, or the text', async () => {
    mount(dirname(site.live), 'size=16k')
    await runWell([web(1)])
    const [before, map] = [live(), mapOf(site.live)]
    const tooLarge = {
      text: web(
        Array.from({ length: 400 }, (_, index) => ({ ports: [20_000 + index] })),
        'other.test',
      ),
      map: web(1, Array.from({ length: 800 }, (_, index) => `host-${index}.test`).join()),
    }
    for (const [what, apps] of Object.entries(tooLarge)) {
      assertFailed(await run([apps]), 'cannot-write', /ENOSPC/)
      assert.equal(live(), before, what)
      assert.ok(existsSync(map))
      const hidden = readdirSync(dirname(site.live)).filter((name) => name.startsWith('.'))
      assert.deepEqual(hidden, [])
    }
    await runWell([web(2)])
    assert.equal(mapsIn(dirname(site.live)).length, 1)
  })

  it('changes nothing: there is no folder for the stats socket', async () => {
    await runWell([web(1)])
    const before = beside()
    const socket = join(site.dir, 'missing/stats.sock')
    assertFailed(await run([web(2)], '--stats-socket', socket, '--reload', 'true'), 'cannot-write', socket)
    assert.deepEqual(beside(), before)
  })

  it('is only warned of where it is found out after the reload', async () => {
    mount(site.stateDir, 'size=128k,mode=0700')
    await runWell([web(1)], '--stats-socket', 'none')
    const reload = `mount -o remount,ro ${site.stateDir}`
    const said = await runWell([web(2)], '--stats-socket', 'none', '--reload', reload)
    assert.match(
      said,
      new RegExp(`warning: ${site.live} is live, but .* could not be noted in ${site.stateDir}: .*EROFS`),
    )
    assert.equal(serversLive(), 2)
  })
})

describe('the state directory', () => {
  it('is made for its owner only, and tightened where it is lax', async () => {
    const made = join(site.dir, 'deep/state')
    await runWell([web(1)], '--state-dir', made)
    assert.equal(modeOf(made), '700')
    chmodSync(made, 0o755)
    await runWell([web(1)], '--state-dir', made)
    assert.equal(modeOf(made), '700')
    for (const name of readdirSync(made)) assert.equal(modeOf(join(made, name)), '600', name)
  })

  it('is refused where it belongs to another user or is a file', async () => {
    chownSync(site.stateDir, nobody, nobody)
    assertFailed(await run([web(1)]), 'cannot-write', `${site.stateDir} cannot be used: it belongs to another user`)
    const file = join(site.dir, 'file')
    writeFileSync(file, '')
    assertFailed(await run([web(1)], '--state-dir', file), 'cannot-write', `${file} cannot be used: E`)
    assert.ok(!existsSync(site.live))
  })

  it('may hold a state.json that nobody can make sense of', async () => {
    const path = join(site.stateDir, 'state.json')
    await runWell([web(1)])
    const text = readFileSync(path, 'utf8')
    const broken = [
      '',
      text.slice(0, 50),
      '\0'.repeat(text.length),
      'null',
      '[]',
      '{}',
      ...['live', 'phase', 'warnings', 'addresses'].map((key) => JSON.stringify({ ...JSON.parse(text), [key]: null })),
    ]
    for (const [index, state] of broken.entries()) {
      writeFileSync(path, state)
      const said = await runWell([web(1 + (index % 2))])
      assert.doesNotMatch(said, /error/, state)
      assert.equal(JSON.parse(readFileSync(path, 'utf8')).live, site.live)
    }
  })
})

describe('a folder where a file should be', () => {
  it('is told and is no bug, whether it is the live file, its map, or what is remembered', async () => {
    await runWell([web(1)])
    const [state, loaded] = [join(site.stateDir, 'state.json'), join(site.stateDir, 'loaded.cfg')]
    writeFileSync(loaded, live())
    for (const path of [site.live, mapOf(site.live), state, loaded]) {
      renameSync(path, `${path}.aside`)
      mkdirSync(path)
      assertFailed(await run([web(1)], '--reload', 'true'), 'cannot-write', path)
      rmdirSync(path)
      renameSync(`${path}.aside`, path)
    }
    assert.match(await runWell([web(1)]), /up to date/)
  })
})

describe('a dry run', () => {
  it('shows what would change and writes nothing, nowhere', async () => {
    await runWell([web(1)])
    const before = everything()
    const changed = await run([web(2, 'other.test')], '--dry-run')
    assert.equal(changed.status, 2)
    assert.match(changed.stdout, /^\+ {2}server 127\.0\.0\.1_\d+ 127\.0\.0\.1:\d+$/m)
    assert.match(changed.stderr, /would change: \+1 server/)
    assert.deepEqual(everything(), before)
    const unchanged = await run([web(1)], '--dry-run')
    assert.deepEqual([unchanged.status, unchanged.stdout], [0, ''])
    assert.match(unchanged.stderr, /up to date/)
    assert.deepEqual(everything(), before)
  })

  it('validates: what HAProxy rejects is rejected, and not kept', async () => {
    await runWell([web(1)])
    const folder = templates({ 'defaults.cfg.njk': 'defaults\n  nonsense\n' })
    const before = everything()
    const result = await run([web(1)], '--dry-run', '--templates', folder)
    assertFailed(result, 'invalid-config')
    assert.match(result.stderr, /unknown keyword 'nonsense'/)
    assert.deepEqual(everything(), before)
  })

  it('needs no state directory, no lock and no live file', async () => {
    const before = everything()
    const missing = join(site.dir, 'missing')
    assert.equal((await run([web(1)], '--dry-run', '--state-dir', missing)).status, 2)
    assert.equal((await whileLocked(site.stateDir, () => run([web(1)], '--dry-run'))).status, 2)
    assert.deepEqual(everything(), before)
  })

  it('prints what patch makes the next configuration from, byte by byte', async () => {
    const [copy, diff] = [join(site.dir, 'copy.cfg'), join(site.dir, 'diff')]
    const inOrder = [[web(2)], [web(3, 'other.test')], [web(1), app('/b', { ports: [servicePort + 1] })]]
    writeFileSync(site.live, '# ours, without an end of line at its end\nglobal\n  maxconn 100')
    for (const apps of inOrder) {
      copyFileSync(site.live, copy)
      writeFileSync(diff, (await run(apps, '--dry-run')).stdout)
      const { status, stdout, stderr } = spawnSync('patch', ['--input', diff, copy], { encoding: 'utf8' })
      assert.equal(status, 0, stdout + stderr)
      await runWell(apps)
      assert.equal(readFileSync(copy, 'utf8'), live())
    }
  })

  it('masks passwords, as every run does that prints the difference', async () => {
    const secrets = [
      'userlist people',
      '  user ann password s3cr3t-1',
      '  user bob insecure-password s3cr3t-2 groups all',
      '  user\tcid groups all insecure-password s3cr3t-3',
      '  user dan insecure-password "s3cr3t-4 s3cr3t-5"',
      '  group all',
      '',
      'listen admin',
      '  mode http',
      '  timeout client 1s',
      '  timeout connect 1s',
      '  timeout server 1s',
      `  bind 127.0.0.1:${site.httpsPort}`,
      '  stats enable',
      '  stats auth ann:s3cr3t-6',
      '  stats  auth  "bob marley:s3cr3t-7 s3cr3t-8"',
      '',
    ].join('\n')
    const args = (own: string) => ['--templates', templates({ 'stats.cfg.njk': own })]
    const outputs = [
      await run([web(1)], '--dry-run', ...args(secrets)),
      await run([web(1)], ...args(secrets)),
      await run([web(1)], '--dry-run', ...args(secrets.replace('  group all', '  group all\n  group none'))),
      await run([web(1)], '--dry-run', ...args('')),
    ]
    assert.match(live(), /s3cr3t-1.*s3cr3t-8/s)
    assert.deepEqual(
      outputs.map(({ status }) => status),
      [2, 0, 2, 2],
    )
    for (const { stdout, stderr } of outputs) {
      assert.match(stdout, /^[ +-] {2}user dan insecure-password \*\*\*$/m)
      assert.doesNotMatch(stdout + stderr, /s3cr3t/)
    }
  })

  it('says so where the difference is too large to be worked out, and what it comes to', async () => {
    const many = (first: number) => [web(Array.from({ length: 3000 }, (_, index) => ({ ports: [first + index] })))]
    await runWell(many(20_000))
    const { status, stderr, ms } = await run(many(30_000), '--dry-run')
    assert.equal(status, 2)
    assert.match(stderr, /would change: \+3000 servers, -3000 servers/)
    assert.match(stderr, /too large/)
    assert.ok(ms < 20_000)
  })
})

describe('with a HAProxy that runs', () => {
  let proven: ProvenSite

  before(async () => {
    servicePort ||= await freePort()
    proven = await startProvenSite([web(1)])
  })

  after(() => proven.end())

  const runProven = async (...more: string[]): Promise<string> => {
    const { status, stderr } = await proven.run('--marathon', proven.marathon.url, ...more)
    assert.equal(status, 0, stderr)
    return stderr
  }

  const marker = (): string => /haproxy-updater sha256:\w+/.exec(readFileSync(proven.live, 'utf8'))?.[0] ?? 'no marker'

  it('a map that was removed is written again, and HAProxy is seen to run it', async () => {
    const map = mapOf(proven.live)
    unlinkSync(map)
    assert.match(await runProven(), /updated .*HAProxy runs it/)
    assert.equal(readFileSync(map, 'utf8'), 'web.test web_0\n')
    await proven.haproxy.reloadBySignal()
    await until(async () => (await proven.haproxy.workers()) === 1, { what: 'the reload' })
    assert.equal(await proven.haproxy.running(), marker())
  })

  it('what somebody edited and loaded by hand is put right in HAProxy too: the live file and its map', async () => {
    const before = await proven.traffic()
    appendFileSync(proven.live, 'backend edited\n  timeout server 1s\n')
    appendFileSync(mapOf(proven.live), 'edited.test edited\n')
    const reloaded = async () => (await proven.traffic()).worker[0] !== before.worker[0]
    await proven.haproxy.reloadBySignal()
    await until(reloaded, { what: 'the reload by hand' })
    const held = async () =>
      (await proven.haproxy.ask(proven.statsSocket, 'show backend')) +
      (await proven.haproxy.ask(proven.statsSocket, `show map ${mapOf(proven.live)}`))
    assert.match(await held(), /^edited$.*edited\.test/ms)
    await runProven()
    await until(async () => !/edited/.test(await held()), { what: 'HAProxy to forget the edits' })
  })

  it('a global section of the operator keeps marker and proof', async () => {
    const socket = `  stats socket ${proven.statsSocket} mode 600 level admin expose-fd listeners`
    const globals = [
      `global # ours\n${socket}\n`,
      `# no global here: global\n  global\n${socket}\n  maxconn 100\n`,
      `global\n  maxconn 100\n\ndefaults\n  timeout client 1s\n\nglobal\n${socket}\n`,
    ]
    for (const text of globals) {
      const said = await runProven('--templates', templates({ 'global.cfg.njk': text }))
      assert.match(said, /updated .*HAProxy runs it/)
      assert.equal(await proven.haproxy.running(), marker())
    }
  })

  it('a dry run asks HAProxy and Marathon, and neither reloads nor writes', async () => {
    const before = [await proven.traffic(), proven.tree()]
    proven.marathon.apps = [web(2)]
    const { status, stderr } = await proven.run('--marathon', proven.marathon.url, '--dry-run')
    assert.equal(status, 2)
    assert.match(stderr, /\+1 server; HAProxy would be reloaded/)
    assert.deepEqual([await proven.traffic(), proven.tree()], before)
  })
})
