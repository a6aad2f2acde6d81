import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { version } from '../src/version.js'
import { makeFile, makeFolder } from './support/folder.js'

const root = join(import.meta.dirname, '..')

/** npm sets variables for the scripts that it runs, and they would rule the npm that is run here. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_V8_COVERAGE|HAPROXY_UPDATER_)/i.test(name)),
)

const npm = (...args: string[]): string =>
  execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, env, encoding: 'utf8' })

describe('the package', () => {
  const folder = makeFolder({ after })
  const installed = join(folder, 'node_modules/haproxy-updater')
  let files: string[]

  before(() => {
    const tarball = npm('pack', '--silent', '--pack-destination', folder).trim()
    npm('install', '--prefix', folder, '--omit=dev', '--prefer-offline', join(folder, tarball))
    files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
  })

  const run = (...args: string[]) =>
    spawnSync(join(folder, 'node_modules/.bin/haproxy-updater'), args, { cwd: folder, env, encoding: 'utf8' })

  it('holds the program, its templates and its papers, and nothing else', () => {
    const allowed = /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|crontab\.example|(bin|dist|templates)\/.+)$/
    assert.deepEqual(
      files.filter((file) => !allowed.test(file) || /\.(map|ts|tgz)$|test/.test(file)),
      [],
    )
    for (const file of ['bin/haproxy-updater.js', 'dist/cli.js', 'templates/haproxy.cfg.njk', 'LICENSE', 'README.md']) {
      assert.ok(files.includes(file), file)
    }
    assert.ok(!lstatSync(installed).isSymbolicLink())
    assert.equal(
      realpathSync(join(folder, 'node_modules/.bin/haproxy-updater')),
      join(realpathSync(installed), 'bin/haproxy-updater.js'),
    )
  })

  it('is built from the sources as they are', () => {
    const namesIn = (from: string, extension: string) =>
      readdirSync(from, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(extension))
        .map((name) => name.slice(0, -extension.length))
        .sort()
    assert.deepEqual(namesIn(join(installed, 'dist'), '.js'), namesIn(join(root, 'src'), '.ts'))
  })

  it('brings the five libraries that the program needs', () => {
    for (const library of ['commander', 'diff', 'execa', 'nunjucks', 'undici']) {
      assert.ok(lstatSync(join(folder, 'node_modules', library)).isDirectory(), library)
    }
    assert.throws(() => lstatSync(join(folder, 'node_modules/typescript')))
  })

  it('gives a program that knows its version', () => {
    const { status, stdout, stderr } = run('--version')
    assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, ''])
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
