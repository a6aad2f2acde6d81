import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bindsIn, globalLinesIn, httpBackendsIn, serversIn, statsSocketsIn } from '../../src/haproxy/config-text.js'
import { quote } from '../../src/render/quote.js'

const text = `# server in-a-comment 10.0.0.9:1
global
\tdescription somebody else's
  stats socket /run/a.sock mode 600 level admin
  stats socket unix@/run/b.sock
  stats socket 'quoted.sock'   level user
  # stats socket /run/no.sock

defaults
  mode http
  default-server check
  stats socket /run/no.sock

defaults base
  description of defaults

frontend http
  description of a frontend
  bind :80,10.0.0.1:8080  name x
  bind [::1]:81 ssl crt /x
  bind *:82
  bind ipv6@:::83
  bind ipv4@10.0.0.2:84
  bind /run/http.sock
  bind unix@/run/h.sock
  bind :8000-8010
  mode http
  use-server no-such if TRUE
  default_backend web

listen db
  bind 127.0.0.1:3306
  mode tcp
  server db1 10.0.0.1:3306 check  weight 5
    server\tdb2 [fd00::1]:3306

listen page
  mode http

backend web
  mode http
  server web1 10.0.0.1:80
  #server web2 10.0.0.1:81
  server-template t 3 10.0.0.1:82
backend api # the api
mode http
server api1 10.0.0.1:90
backend raw
  mode tcp
  mode-of-something http
`

const crlf = text.replaceAll('\n', '\r\n')

describe('a configuration text', () => {
  it('has servers, each in its section', () => {
    const servers = [
      { section: 'db', name: 'db1', line: 'server db1 10.0.0.1:3306 check  weight 5' },
      { section: 'db', name: 'db2', line: 'server\tdb2 [fd00::1]:3306' },
      { section: 'web', name: 'web1', line: 'server web1 10.0.0.1:80' },
      { section: 'api', name: 'api1', line: 'server api1 10.0.0.1:90' },
    ]
    assert.deepEqual(serversIn(text), servers)
    assert.deepEqual(serversIn(crlf), servers)
  })

  it('has TCP binds, but for unix sockets and ranges', () => {
    const binds = ['* 80', '10.0.0.1 8080', '::1 81', '* 82', ':: 83', '10.0.0.2 84', '127.0.0.1 3306']
    for (const given of [text, crlf])
      assert.deepEqual(
        bindsIn(given).map(({ address, port }) => `${address} ${port}`),
        binds,
      )
  })

  it('has stats sockets, those of global only', () => {
    for (const given of [text, crlf])
      assert.deepEqual(statsSocketsIn(given), ['/run/a.sock', '/run/b.sock', 'quoted.sock'])
  })

  it('has the stats socket that the quote filter wrote', () => {
    for (const path of ['/run/haproxy/admin.sock', '/run/ha proxy/admin.sock', "/run/it's/admin.sock"]) {
      assert.deepEqual(statsSocketsIn(`global\n  stats socket ${quote(path)} mode 600 level admin\n`), [path])
    }
  })

  it('has backends in mode http, which may be of the kind listen', () => {
    for (const given of [text, crlf]) assert.deepEqual([...httpBackendsIn(given)], ['page', 'web', 'api'])
  })

  it('has lines of global, without blanks around them', () => {
    for (const given of [text, crlf]) assert.ok(globalLinesIn(given).includes("description somebody else's"))
    assert.deepEqual(globalLinesIn('global\n  a b\n\tc\n# d\ndefaults\n  e\nglobal # f\n  g\n'), [
      'global',
      'a b',
      'c',
      'global # f',
      'g',
    ])
  })

  const bindsOf = (lines: string[]) => bindsIn(['frontend f', ...lines.map((line) => `  bind ${line}`)].join('\n'))

  it('has no binds to variables, unix sockets and names', () => {
    assert.deepEqual(bindsOf(['"$VAR":80', 'quic4@10.0.0.1:80', 'unix@/x:80', 'localhost:80']), [])
  })

  it('has binds that cannot be tried from here, and says so', () => {
    for (const option of ['transparent', 'interface eth0', 'namespace blue', 'name x  transparent']) {
      assert.deepEqual(bindsOf([`10.0.0.1:80,:81 ${option}`, '10.0.0.2:82']), [
        { address: '10.0.0.1', port: 80, isUntriable: true },
        { address: '*', port: 81, isUntriable: true },
        { address: '10.0.0.2', port: 82 },
      ])
    }
    assert.deepEqual(bindsOf(['10.0.0.2:81 transparently']), [{ address: '10.0.0.2', port: 81 }])
  })

  it('may have nothing of all that', () => {
    for (const given of ['', '\n', 'global', 'defaults\n']) {
      assert.deepEqual([serversIn(given), bindsIn(given), statsSocketsIn(given)], [[], [], []])
      assert.equal(httpBackendsIn(given).size, 0)
    }
  })
})
