import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { parseAccount } from '../../src/marathon/login-account.js'
import { createKeys } from '../support/login.js'

const { privatePem } = createKeys()
const service = {
  uid: 'haproxy',
  private_key: privatePem,
  login_endpoint: 'https://master.test/acs/api/v1/auth/login',
  scheme: 'RS256',
}
const user = { uid: 'me', password: 's3cret', login_endpoint: 'http://master.test:8080/login' }

const pemOf = ({ privateKey }: ReturnType<typeof generateKeyPairSync>): string =>
  String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

describe('the account of DC/OS', () => {
  it('is a service with its key, whether the scheme is said or not', () => {
    for (const fields of [service, { ...service, scheme: undefined }, { ...service, other: 1 }]) {
      const account = parseAccount(JSON.stringify(fields), 'file')
      assert.equal(account.uid, 'haproxy')
      assert.equal(account.endpoint.href, service.login_endpoint)
      assert.equal('privateKey' in account && account.privateKey.export({ type: 'pkcs8', format: 'pem' }), privatePem)
    }
  })

  it('is a user with the password', () => {
    const endpoint = new URL(user.login_endpoint)
    assert.deepEqual(parseAccount(JSON.stringify(user), 'file'), { uid: 'me', password: 's3cret', endpoint })
  })

  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const locked = rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
  const elliptic = pemOf(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }))
  const noKey = 'is not an RSA private key in PEM, without a passphrase'
  const wrong: Record<string, [fields: object, says: string]> = {
    'without uid': [{ ...user, uid: undefined }, 'file: "uid" is missing'],
    'with an empty uid': [{ ...user, uid: '' }, 'file:2: "uid" is not a text'],
    'with a uid that is a number': [{ ...user, uid: 7 }, 'file:2: "uid" is not a text'],
    'without login_endpoint': [{ ...user, login_endpoint: undefined }, 'file: "login_endpoint" is missing'],
    'with a login_endpoint of another scheme': [
      { ...user, login_endpoint: 'ftp://me:s3cret@host/' },
      'file:4: "login_endpoint" is not an http or https URL',
    ],
    'with a login_endpoint that is only a path': [
      { ...user, login_endpoint: '/acs/api/v1/auth/login' },
      'file:4: "login_endpoint" is not an http or https URL',
    ],
    'without key and password': [
      { ...user, password: undefined },
      'file: "private_key" is missing, and so is "password"',
    ],
    'with a key and a password': [{ ...service, password: 's3cret' }, 'file:6: "password" stands beside "private_key"'],
    'with a password that is a list': [{ ...user, password: ['s3cret'] }, 'file:3: "password" is not a text'],
    'of another scheme': [{ ...service, scheme: 'HS256' }, 'file:5: "scheme" is not "RS256", the only one there is'],
    'with a key that is none': [{ ...service, private_key: 's3cret' }, `file:3: "private_key" ${noKey}`],
    'with a key cut short': [{ ...service, private_key: privatePem.slice(0, 800) }, `file:3: "private_key" ${noKey}`],
    'with a key of an elliptic curve': [{ ...service, private_key: elliptic }, `file:3: "private_key" ${noKey}`],
    'with a key under a passphrase': [{ ...service, private_key: locked }, `file:3: "private_key" ${noKey}`],
  }
  for (const [what, [fields, message]] of Object.entries(wrong)) {
    it(`${what} is refused where it is written`, () => {
      assert.throws(() => parseAccount(JSON.stringify(fields, null, 2), 'file'), { exit: 'bad-setup', message })
    })
  }

  it('is refused where it is no JSON object, and nothing of it is shown', () => {
    const noJson: [text: string, says: RegExp][] = [
      ['{\n"uid": "me",\n"password": s3cret\n}', /^file: the credentials are not valid JSON$/],
      ['{\n"password": "s3cret"\n"uid": "me"}', /^file:3: the credentials are not valid JSON$/],
      ['{"password": "s3cret",', /^file:1: the credentials are not valid JSON$/],
      ['s3cret', /^file: the credentials are not valid JSON$/],
      ['', /^file: the credentials are not valid JSON$/],
      ['"s3cret"', /^file: the credentials are not a JSON object with "uid" and "login_endpoint"$/],
      ['["s3cret"]', /not a JSON object/],
      ['null', /not a JSON object/],
    ]
    for (const [text, message] of noJson) {
      assert.throws(
        () => parseAccount(text, 'file'),
        (error: Error) => {
          assert.match(error.message, message)
          assert.doesNotMatch(inspect(error, { depth: 9 }), /s3cret/)
          return true
        },
      )
    }
  })
})
