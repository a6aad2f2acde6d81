import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { version } from '../src/version.js'
import { makeFile, makeFolder } from './support/folder.js'

const root = join(import.meta.dirname, '..')

interface SourceMap {
  sources: string[]
  sourcesContent: string[]
}

/** npm sets variables for the scripts that it runs, and they would rule the npm that is run here. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_V8_COVERAGE|HAPROXY_UPDATER_)/i.test(name)),
)

const npm = (...args: string[]): string =>
  execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, env, encoding: 'utf8' })

describe('the package', () => {
  const folder = makeFolder({ after })
  const installed = join(folder, 'lib/node_modules/haproxy-updater')
  const program = join(folder, 'bin/haproxy-updater')
  let files: string[]

  before(() => {
    const tarball = npm('pack', '--silent', '--pack-destination', folder).trim()
    npm('install', '--global', '--prefix', folder, '--omit=dev', '--prefer-offline', join(folder, tarball))
    files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
      .filter((name) => !name.startsWith('node_modules/'))
  })

  const run = (...args: string[]) => spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' })

  it('holds the program, its templates and its papers, and nothing else', () => {
    const allowed = /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|crontab\.example|(bin|dist|templates)\/.+)$/
    assert.deepEqual(
      files.filter((file) => !allowed.test(file) || /\.(map|ts|tgz)$|test/.test(file)),
      [],
    )
    const needed = ['bin/haproxy-updater.js', 'dist/cli.js', 'dist/haproxy-updater.1', 'templates/haproxy.cfg.njk']
    for (const file of [...needed, 'LICENSE', 'README.md']) assert.ok(files.includes(file), file)
    assert.ok(!lstatSync(installed).isSymbolicLink())
    assert.equal(realpathSync(program), join(realpathSync(installed), 'bin/haproxy-updater.js'))
  })

  it('is built from the sources as they are', () => {
    const dist = join(root, 'dist')
    const built = readdirSync(dist).filter((name) => name.endsWith('.js'))
    assert.deepEqual(
      readdirSync(join(installed, 'dist')).filter((name) => name.endsWith('.js')),
      built,
    )
    const ours = built.flatMap((name) => {
      const { sources, sourcesContent }: SourceMap = JSON.parse(readFileSync(join(dist, `${name}.map`), 'utf8'))
      return sources.flatMap((source, at) =>
        source.startsWith('../src/') ? [[source, sourcesContent[at]] as const] : [],
      )
    })
    assert.ok(ours.some(([source]) => source === '../src/cli.ts'))
    for (const [source, content] of ours) assert.equal(content, readFileSync(join(dist, source), 'utf8'), source)
  })

  it('brings the five libraries that the program needs', () => {
    for (const library of ['commander', 'diff', 'execa', 'nunjucks', 'undici']) {
      assert.ok(lstatSync(join(installed, 'node_modules', library)).isDirectory(), library)
    }
    assert.throws(() => lstatSync(join(installed, 'node_modules/typescript')))
  })

  it('gives a program that knows its version', () => {
    const { status, stdout, stderr } = run('--version')
    assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, ''])
  })

  it('gives a manual page that man finds', () => {
    const man = spawnSync('man', ['-M', join(folder, 'share/man'), 'haproxy-updater'], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MAN_DISABLE_SECCOMP: '1' },
      encoding: 'utf8',
    })
    assert.deepEqual([man.status, man.stderr], [0, ''])
    assert.ok(man.stdout.includes(`\nhaproxy-updater ${version} `))
  })

  it('gives a program that renders its sample cluster with its templates', () => {
    const config = makeFile(folder, 'none.json', '{}')
    const args = ['render', '--config', config, '--from', join(installed, 'templates/sample-apps.json')]
    const { status, stdout, stderr } = run(...args)
    assert.equal(status, 0, stderr)
    assert.ok(stdout.includes(join(realpathSync(installed), 'templates')))
    assert.match(stdout, /^backend shop_web_0$/m)
  })

  it('gives a program that gets through a whole dry run', () => {
    const live = makeFile(folder, 'haproxy.cfg', 'global\n')
    const config = makeFile(folder, 'none.json', '{}')
    const where = ['-f', live, '--config', config, '--state-dir', join(folder, 'state'), '--reload', 'none']
    const { status, stdout, stderr } = run(
      '--dry-run',
      ...where,
      '--from',
      join(installed, 'templates/sample-apps.json'),
    )
    assert.equal(status, 2, stderr)
    assert.match(stdout, /^\+backend shop_web_0$/m)
  })
})
