import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { auth } from '../../src/marathon/label-values.js'

describe('a user with a password', () => {
  /** Hashes of crypt(3) for one password. */
  const hashes = {
    des: 'abNANd1rDfiNc',
    md5: '$1$salt$ez2vlPGdaLYkJam5pWs/Y1',
    sha256: '$5$salt$kpa26zwgX83BPSR8d7w93OIXbFt/d3UOTZaAu5vsTM6',
    'sha256 with rounds': '$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7',
    sha512: '$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00',
    'sha512 with rounds':
      '$6$rounds=9999$salt$RJ8543LmJDgzPQ2kXmWxgW9Au3oiQlSVwN/vLyGHN/VHlOhtjeClUC.SvsAK4JTGUMST7mSwrFqSqlTkBc2MQ1',
    bcrypt: '$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a',
    yescrypt: '$y$j5T$F5Jx5fExrKuPp53xLKQ..1$zm0L8O66rxHYJo0AzQsQPRAQUMf.w3ObDahKT8eLWYD',
    'yescrypt of cost 6': '$y$j6T$F5Jx5fExrKuPp53xLKQ..1$KkYDTN9Kpn20UqXPCDGV7GiHwaPY6UYVWZbAFH/nem9',
  }
  for (const [kind, hash] of Object.entries(hashes)) {
    it(`has a hash of the kind ${kind}`, () => {
      assert.deepEqual(auth(`the realm:joe:${hash}`), { realm: 'the realm', user: 'joe', hash })
    })
  }

  it('may have colons in the realm, and quotes in both', () => {
    const { des: hash } = hashes
    assert.deepEqual(auth(`it's: a:joe:${hash}`), { realm: `it's: a`, user: 'joe', hash })
    assert.deepEqual(auth(`r:jo"e#:${hash}`), { realm: 'r', user: 'jo"e#', hash })
  })

  it('is nothing with a hash that costs more than a load balancer can bear for each request', () => {
    const { sha256, sha512, bcrypt, yescrypt } = hashes
    for (const cost of ['04', '06']) assert.ok(auth(`r:joe:${bcrypt.replace('$05$', `$${cost}$`)}`), cost)
    const costly = [
      sha512.replace('$6$', '$6$rounds=999999999$'),
      sha512.replace('$6$', '$6$rounds=10000$'),
      sha256.replace('$5$', '$5$rounds=10000$'),
      sha256.replace('$5$', '$5$rounds=999999999$'),
      ...['03', '07', '10', '11', '31'].map((cost) => bcrypt.replace('$05$', `$${cost}$`)),
      ...['4', '7', '9', 'F'].map((cost) => yescrypt.replace('$j5T$', `$j${cost}T$`)),
      yescrypt.replace('$y$j5T$', '$7$CU..../....'),
    ]
    for (const hash of costly) assert.equal(auth(`r:joe:${hash}`), undefined, hash)
  })

  it('is nothing with a password in plain text, without a part, or with a text that breaks out', () => {
    const plain = [
      'secret',
      'secretsecret',
      'secretsecre_t',
      'correct_books',
      'abNANd1rDfiNd',
      '$6$secret',
      '$9$a$b',
      '',
    ]
    for (const hash of plain) assert.equal(auth(`r:joe:${hash}`), undefined, hash)
    const { des } = hashes
    const odd = [des, `joe:${des}`, `:joe:${des}`, `r::${des}`, `r:j e:${des}`, `r"x:joe:${des}`, `r\\:joe:${des}`]
    const broken = [
      `r\n:joe:${des}`,
      `r:joe\n:${des}`,
      `r:joe:${des}\n`,
      `é:joe:${des}`,
      `r:joe:${des} x`,
      `r:${'x'.repeat(100_000)}:${des}`,
      '',
      'r',
      '%[env(HOME)]',
      '-f /etc/passwd',
    ]
    for (const value of [...odd, ...broken]) assert.equal(auth(value), undefined, value.slice(0, 80))
  })
})
