import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { casesOf } from '../../src/check/cases.js'
import { sampleFor } from '../../src/check/sample.js'
import { readOptions } from '../../src/options.js'
import { makeFile, makeFolder } from '../support/folder.js'

/** Options of these flags, with no config file of this host. */
const optionsOf = (t: TestContext, flags: Record<string, unknown>) =>
  readOptions({ ...flags, config: makeFile(makeFolder(t), 'none.json', '{}') }, {})

describe('the cases', () => {
  it('are the files in their order, and all of a folder by name, each with what is expected of it', (t) => {
    const folder = makeFolder(t)
    for (const name of ['b.json', 'a.json', 'a.expect.json', 'gone.expect.json', 'notes.txt', 'x.json/y.json'])
      makeFile(folder, name)
    const given = [`${folder}/notes.txt`, folder, '-', `${folder}/b.json`]
    const cases = casesOf(optionsOf(t, { from: given })).map(({ from, expectFile }) => [
      from.replace(folder, ''),
      expectFile?.replace(folder, ''),
    ])
    assert.deepEqual(cases, [
      ['/notes.txt', undefined],
      ['/a.json', '/a.expect.json'],
      ['/b.json', undefined],
      ['/gone.json', '/gone.expect.json'],
      ['/x.json', undefined],
      ['standard input', undefined],
      ['/b.json', undefined],
    ])
  })

  it('have expectations where a symlink says so that leads nowhere, and none below what is no folder', (t) => {
    const folder = makeFolder(t)
    const file = makeFile(folder, 'a.json')
    symlinkSync('nowhere', `${folder}/a.expect.json`)
    const cases = casesOf(optionsOf(t, { from: [file, `${file}/b.json`] }))
    assert.deepEqual(
      cases.map(({ expectFile }) => expectFile),
      [`${folder}/a.expect.json`, undefined],
    )
  })

  it('are read from regular files in a folder, links to them too, and from what is named itself whatever it is', async (t) => {
    const [folder, elsewhere] = [makeFolder(t), makeFolder(t)]
    symlinkSync(makeFile(elsewhere, 'reply', '{"apps":[]}'), `${folder}/a.json`)
    symlinkSync('/dev/null', `${folder}/b.json`)
    const [link, device, named] = casesOf(optionsOf(t, { from: [folder, '/dev/null'] }))
    assert.deepEqual((await link?.read())?.apps, [])
    await assert.rejects(async () => device?.read(), {
      exit: 'no-input',
      message: `cannot read the recorded reply ${folder}/b.json: it is not a regular file`,
    })
    await assert.rejects(async () => named?.read(), { exit: 'bad-reply' })
  })

  it('are of standard input only once', (t) => {
    assert.throws(() => casesOf(optionsOf(t, { from: ['-', 'a.json', '-'] })), {
      exit: 'usage',
      message: '--from - is given more than once, but standard input can be read only once',
    })
  })

  it('cannot be those of a folder that has none', (t) => {
    const folder = makeFolder(t)
    assert.throws(() => casesOf(optionsOf(t, { from: [folder] })), {
      exit: 'no-input',
      message: `the folder ${folder} has no recorded reply (*.json) in it; check --from`,
    })
  })

  it('are the sample cluster where none is given, whatever the operator routes', async (t) => {
    const [sample, ...others] = casesOf(optionsOf(t, { group: ['mine'], requireEnabled: true }))
    assert.deepEqual(others, [])
    assert.equal(sample?.from, 'the sample cluster')
    assert.deepEqual([sample?.options.group, sample?.options.requireEnabled], [['*'], false])
    assert.ok((await sample.read()).apps.length > 5)
  })
})

describe('the sample cluster', () => {
  const apps = [{ id: '/shop/web', labels: { HAPROXY_0_VHOST: 'a' } }, { id: '/shop/admin' }, { id: '/x' }, 'odd']

  it('wants https where there is a certificate', (t) => {
    const { apps: with443 } = sampleFor({ from: '', apps }, optionsOf(t, { sslCert: ['/a.pem', '/b.pem'] }))
    assert.deepEqual(with443, [
      { id: '/shop/web', labels: { HAPROXY_0_VHOST: 'a', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' } },
      { id: '/shop/admin', labels: { HAPROXY_0_SSL_CERT: '/a.pem' } },
      { id: '/x', labels: {} },
      'odd',
    ])
  })

  it('does not want it elsewhere', (t) => {
    for (const flags of [{}, { sslCert: ['/a.pem'], httpsPort: 'off' }])
      assert.deepEqual(sampleFor({ from: '', apps }, optionsOf(t, flags)).apps, apps)
  })
})
