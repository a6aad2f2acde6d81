import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { readCertificates, readClientCertificate, readPrivate, readSecret } from '../../src/marathon/login-files.js'
import { readOptions } from '../../src/options.js'
import { createCertificate } from '../support/certificate.js'
import { makeFile, makeFolder } from '../support/folder.js'

const folder = makeFolder({ after })
const config = makeFile(folder, 'none.json', '{}')

describe('a secret file', () => {
  it('gives its first line, without blanks around it', () => {
    assert.equal(readSecret(makeFile(folder, 'secret', 'me:pa ss:word \r\nsecond\n', 0o600)), 'me:pa ss:word')
    assert.equal(readSecret(makeFile(folder, 'secret', 'token', 0o400)), 'token')
  })

  it('gives all of its text where that is wanted', () => {
    assert.equal(readPrivate(makeFile(folder, 'secret', '{\n}\n', 0o600)), '{\n}\n')
  })

  it('is refused where others can get at it', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o610]) {
      const file = makeFile(folder, 'secret', 'me:word', mode)
      const message = `the secret file ${file} can be read by others; chmod 600 ${file}`
      assert.throws(() => readSecret(file), { exit: 'bad-setup', message }, mode.toString(8))
      assert.throws(() => readPrivate(file), { exit: 'bad-setup', message }, mode.toString(8))
    }
  })

  it('is refused where it is missing or empty', () => {
    const missing = { exit: 'no-input', message: /cannot read the secret file .*ENOENT/ }
    assert.throws(() => readSecret(`${folder}/nowhere`), missing)
    assert.throws(() => readPrivate(`${folder}/nowhere`), missing)
    const empty = makeFile(folder, 'secret', '\nsecond', 0o600)
    assert.throws(() => readSecret(empty), { exit: 'bad-setup', message: `${empty}:1: the secret file is empty` })
  })
})

describe('a file of certificates', () => {
  it('is read as it is, and refused where it is missing', () => {
    assert.equal(readCertificates(makeFile(folder, 'ca', 'PEM')), 'PEM')
    assert.throws(() => readCertificates(`${folder}/nowhere`), {
      exit: 'no-input',
      message: /cannot read the certificates/,
    })
  })
})

describe('a client certificate', () => {
  const client = createCertificate(folder, 'client')
  const other = createCertificate(folder, 'other')
  const read = (flags: { clientCert?: string; clientKey?: string }) =>
    readClientCertificate(readOptions({ config, ...flags }, {}))

  const locked = `${folder}/locked.key`
  execFileSync('openssl', ['pkey', '-in', client.key, '-aes256', '-passout', 'pass:word', '-out', locked])

  it('is none where none is named', async () => assert.equal(await read({}), undefined))

  it('has its key in a file of its own, or in the same', async () => {
    const [cert, key, pem] = [client.cert, client.key, client.pem].map((file) => readFileSync(file, 'utf8'))
    assert.deepEqual(await read({ clientCert: client.cert, clientKey: client.key }), { cert, key })
    assert.deepEqual(await read({ clientCert: client.pem }), { cert: pem, key: pem })
  })

  const public_ = (from: string): string => makeFile(folder, 'public', readFileSync(from, 'utf8'), 0o644)
  const refused: Record<string, [flags: () => Parameters<typeof read>[0], exit: string, says: RegExp]> = {
    'a key alone': [() => ({ clientKey: client.key }), 'usage', /^--client-key is of no use without --client-cert/],
    'a certificate that is missing': [
      () => ({ clientCert: `${folder}/nowhere` }),
      'no-input',
      /^cannot read the certificate .*nowhere: ENOENT/,
    ],
    'a key that is missing': [
      () => ({ clientCert: client.cert, clientKey: `${folder}/nowhere` }),
      'no-input',
      /^cannot read the secret file .*nowhere: ENOENT/,
    ],
    'a certificate without its key': [
      () => ({ clientCert: client.cert }),
      'bad-setup',
      /^--client-cert .*client\.crt holds no private key; name it with --client-key$/,
    ],
    'a key that others can read': [
      () => ({ clientCert: client.cert, clientKey: public_(client.key) }),
      'bad-setup',
      /^the secret file .*public can be read by others/,
    ],
    'a certificate with its key that others can read': [
      () => ({ clientCert: public_(client.pem) }),
      'bad-setup',
      /^the secret file .*public can be read by others/,
    ],
    'a certificate that is none': [
      () => ({ clientCert: makeFile(folder, 'garbage', 'x'), clientKey: client.key }),
      'bad-setup',
      /^--client-cert .*garbage holds no certificate that TLS takes \(.*no start line\)$/,
    ],
    'an empty certificate': [
      () => ({ clientCert: makeFile(folder, 'garbage'), clientKey: client.key }),
      'bad-setup',
      /^--client-cert .*garbage holds no certificate/,
    ],
    'a key of another certificate': [
      () => ({ clientCert: client.cert, clientKey: other.key }),
      'bad-setup',
      /^--client-key .*other\.key holds no key that fits .*key values mismatch\)$/,
    ],
    'a key that is none': [
      () => ({ clientCert: client.cert, clientKey: makeFile(folder, 'garbage', 'x', 0o600) }),
      'bad-setup',
      /^--client-key .*garbage holds no key that fits/,
    ],
    'an empty key': [
      () => ({ clientCert: client.cert, clientKey: makeFile(folder, 'garbage', '', 0o600) }),
      'bad-setup',
      /^--client-key .*garbage holds no key that fits/,
    ],
    'a key under a passphrase': [
      () => ({ clientCert: client.cert, clientKey: locked }),
      'bad-setup',
      /^--client-key .*locked\.key holds no key that fits .* without a passphrase/,
    ],
    'a certificate with the key of another': [
      () => {
        const pem = readFileSync(client.cert, 'utf8') + readFileSync(other.key, 'utf8')
        return { clientCert: makeFile(folder, 'mixed', pem, 0o600) }
      },
      'bad-setup',
      /^--client-cert .*mixed holds no key that fits/,
    ],
  }
  for (const [what, [flags, exit, message]] of Object.entries(refused)) {
    it(`is refused: ${what}`, () => assert.rejects(read(flags()), { exit, message }))
  }
})
