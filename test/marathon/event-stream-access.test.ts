import assert from 'node:assert/strict'
import { after, describe, it, type TestContext } from 'node:test'
import { createCertificate } from '../support/certificate.js'
import { assertHeard, lastRequest, openStream, reasonFor, startEmpty } from '../support/event-stream.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { startLogin } from '../support/login.js'

const folder = makeFolder({ after })
const [tls, client] = [createCertificate(folder), createCertificate(folder, 'client')]

describe("Marathon's events with credentials", () => {
  const secret = (name: string, text: string): string => makeFile(folder, name, text, 0o600)

  it('are those for who has user and password, in a file or in the URL', async (t) => {
    const marathon = await startEmpty(t, { basic: 'me:w0rd' })
    await assertHeard(marathon, await openStream(t, [marathon.url], { authFile: secret('auth', 'me:w0rd\n') }))
    const stream = await openStream(t, [marathon.url.replace('//', '//me:w0rd@')], {
      authFile: secret('auth', 'no:body'),
    })
    assert.equal(stream.from, marathon.url)
    await assertHeard(marathon, stream)
    const reason = await reasonFor('refused', t, [marathon.url.replace('//', '//me:wr0ng@')])
    assert.equal(reason, `${marathon.url}: HTTP status 401`)
  })

  it('are those for who has a token', async (t) => {
    const marathon = await startEmpty(t, { token: 't0ken' })
    await assertHeard(marathon, await openStream(t, [marathon.url], { tokenFile: secret('token', 't0ken\n') }))
    await reasonFor('refused', t, [marathon.url], { tokenFile: secret('token', 'an0ther') })
  })

  it('are those for who logs in, once more where a token is refused', async (t) => {
    const login = await startLogin(tls)
    t.after(() => login.close())
    const marathon = await startEmpty(t, { tls, token: (token) => [...login.tokens].indexOf(token) === 1 })
    const account = (uid: string) => secret('account.json', JSON.stringify({ ...login.user, uid }))
    const flags = { caFile: tls.cert, dcosCredentialsFile: account(login.user.uid) }
    await assertHeard(marathon, await openStream(t, [marathon.url], flags))
    assert.deepEqual([login.requests.length, marathon.requests.length], [2, 2])
    const reason = await reasonFor('refused', t, [marathon.url], { ...flags, dcosCredentialsFile: account('nobody') })
    assert.equal(reason, `${marathon.url}: login at ${login.url}: HTTP status 401`)
  })

  it('come over TLS from who is trusted, to who shows a certificate', async (t) => {
    const marathon = await startEmpty(t, { tls: { ...tls, clientCa: client.cert } })
    const flags = { caFile: tls.cert, clientCert: client.pem }
    await assertHeard(marathon, await openStream(t, [marathon.url], flags))
    await reasonFor('failed', t, [marathon.url], { caFile: tls.cert })
    assert.match(await reasonFor('failed', t, [marathon.url]), /DEPTH_ZERO_SELF_SIGNED_CERT/)
    assert.equal(marathon.requests.length, 1)
  })

  it('may come later where a file cannot be read', async (t) => {
    const reason = await reasonFor('failed', t, ['http://127.0.0.1:1'], { authFile: `${folder}/nowhere` })
    assert.match(reason, /cannot read .*nowhere/)
  })
})

describe("Marathon's events at a leader", () => {
  const flags = { authFile: makeFile(folder, 'leader-auth', 'me:w0rd', 0o600) }
  const authorization = `Basic ${btoa('me:w0rd')}`

  /** A Marathon that sends whoever wants events to another, under another name, which it may name as the leader. */
  async function startCluster(t: TestContext, { path = '/v2/events', first = {}, isNamed = true } = {}) {
    const leader = await startEmpty(t, { basic: 'me:w0rd' })
    const standby = await startEmpty(t, { basic: 'me:w0rd', ...first })
    const host = new URL(leader.url).host.replace('127.0.0.1', 'localhost')
    standby.eventFault = 'redirect-elsewhere'
    standby.redirectTo = `http://${host}${path}`
    standby.leader = isNamed ? host : 'localhost:1'
    return { leader, standby }
  }

  it('are followed there, with credentials, where Marathon names it', async (t) => {
    const { leader, standby } = await startCluster(t)
    const stream = await openStream(t, [standby.url], flags)
    assert.equal(stream.from, standby.url)
    const { authorization: given, accept } = lastRequest(leader)
    assert.deepEqual([given, accept], [authorization, 'text/event-stream'])
    assert.deepEqual([lastRequest(standby).path, lastRequest(standby).accept], ['/v2/leader', 'application/json'])
    await assertHeard(leader, stream)
  })

  it('are followed there however the name is spelt', async (t) => {
    const { leader, standby } = await startCluster(t)
    standby.leader = standby.leader?.toUpperCase()
    await assertHeard(leader, await openStream(t, [standby.url], flags))
  })

  it('are refused where Marathon names another, which sees nothing', async (t) => {
    const { leader, standby } = await startCluster(t, { isNamed: false })
    const reason = await reasonFor('refused', t, [standby.url], flags)
    assert.equal(reason, `${standby.url}: a redirect to ${new URL(standby.redirectTo).origin}`)
    assert.equal(leader.requests.length, 0)
  })

  it('failed while it is not known who leads', async (t) => {
    const { leader, standby } = await startCluster(t)
    standby.leader = undefined
    const reason = await reasonFor('failed', t, [standby.url], flags)
    assert.equal(
      reason,
      `${standby.url}: a redirect to ${new URL(standby.redirectTo).host}, and who leads cannot be told: HTTP status 404`,
    )
    assert.equal(leader.requests.length, 0)
  })

  it('are refused at another path, and where https leads to http, whoever leads', async (t) => {
    const [elsewhere, plain] = [
      await startCluster(t, { path: '/sign-in?to=/v2/events' }),
      await startCluster(t, { first: { tls } }),
    ]
    for (const { leader, standby } of [elsewhere, plain]) {
      await reasonFor('refused', t, [standby.url], { ...flags, caFile: tls.cert })
      assert.deepEqual([leader.requests.length, standby.requests.length], [0, 1])
    }
  })
})
