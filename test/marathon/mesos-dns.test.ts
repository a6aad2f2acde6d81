import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fragmentsOf, labelOf, mesosDnsNames } from '../../src/marathon/mesos-dns.js'

const names = (appId: string, framework = 'marathon', domain = 'mesos') => mesosDnsNames(appId, { domain, framework })

const x = (count: number): string => 'x'.repeat(count)

describe('the names of an app in Mesos-DNS', () => {
  const ids: Record<string, string[]> = {
    '/shop': ['shop.marathon.mesos', 'shop.marathon.slave.mesos'],
    '/shop/eu/cart': [
      'cart-eu-shop.marathon.mesos',
      'cart-eu-shop.marathon.slave.mesos',
      'cart.eu.shop.marathon.mesos',
      'cart.eu.shop.marathon.slave.mesos',
    ],
    '/shop/cart.v2': [
      'cart-v2-shop.marathon.mesos',
      'cart-v2-shop.marathon.slave.mesos',
      'cart.v2.shop.marathon.mesos',
      'cart.v2.shop.marathon.slave.mesos',
    ],
    '/Old_Shop': [
      'old-shop.marathon.mesos',
      'old-shop.marathon.slave.mesos',
      'old_shop.marathon.mesos',
      'old_shop.marathon.slave.mesos',
    ],
    '/24h': ['24h.marathon.mesos', '24h.marathon.slave.mesos'],
  }
  for (const [id, expected] of Object.entries(ids)) {
    it(`are those of its tasks and agents, mangled and with dots: ${id}`, () => assert.deepEqual(names(id), expected))
  }

  it('are the same for apps whose ids differ only in what separates the words', () => {
    const label = ['a-b.marathon.mesos', 'a-b.marathon.slave.mesos']
    for (const id of ['/b/a', '/a-b', '/a.b', '/a_b']) assert.deepEqual(names(id).slice(0, 2), label, id)
    assert.deepEqual(names('/b/a'), names('/a.b'))
  })

  it('have the domain and the name of the framework, whatever it is made of', () => {
    assert.deepEqual(names('/shop', 'Marathon_2.EU', 'west.test'), [
      'shop.marathon-2.eu.slave.west.test',
      'shop.marathon-2.eu.west.test',
    ])
  })

  it('leave out those with dots where a label would be empty, too long, or no label at all', () => {
    const mangled = (label: string) => [`${label}.marathon.mesos`, `${label}.marathon.slave.mesos`]
    assert.deepEqual(names('/a..b'), mangled('a--b'))
    assert.deepEqual(names('/shop/-cart'), mangled('cart-shop'))
    assert.deepEqual(names('/shop-/cart'), mangled('cart-shop'))
    assert.deepEqual(names('/big shop'), mangled('bigshop'))
    assert.deepEqual(names('/shop*'), mangled('shop'))
    assert.deepEqual(names(`/${x(64)}`), mangled(x(63)))
    assert.deepEqual(names(`/${x(63)}`), mangled(x(63)))
  })

  it('leave out those of more than 253 characters', () => {
    const first = 252 - '.marathon.slave.mesos'.length - 3 * 60
    const id = (length: number) => `/${[x(length), x(59), x(59), x(59)].reverse().join('/')}`
    const lengths = (of: string) => names(of).map((name) => name.length)
    assert.ok(lengths(id(first + 1)).includes(253))
    assert.equal(lengths(id(first + 1)).length, 4)
    assert.equal(lengths(id(first + 2)).length, 3)
    assert.deepEqual(names('/shop', 'marathon', `${x(63)}.${x(63)}.${x(63)}.${x(63)}`), [])
  })

  it('leave out a label that ends with a hyphen, which no host has', () => {
    const id = `/a${'-'.repeat(64)}b-`
    assert.equal(labelOf(id), 'ab-')
    assert.deepEqual(names(id), [])
  })

  it('are none where nothing of the id, or of the framework, can be a label', () => {
    for (const id of ['/', '', '/-', '/_', '/./.', '/é', '/--/__']) assert.deepEqual(names(id), [], id)
    assert.deepEqual(names('/shop', '-'), [])
  })
})

describe('a label of Mesos-DNS', () => {
  const labels: Record<string, string> = {
    '': '',
    '---': '',
    Cart: 'cart',
    'a.b_c-d': 'a-b-c-d',
    'a b$c%d': 'abcd',
    'ä\u212Az': 'z',
    '9lives': '9lives',
    '-._a._-': 'a',
    'a--b': 'a--b',
    [x(63)]: x(63),
    [`${x(63)}y`]: x(63),
    [`-${x(62)}yz`]: `${x(62)}y`,
    [`${'$'.repeat(80)}${x(3)}`]: x(3),
    [`${x(62)}-`]: x(62),
    [`${x(62)}-y`]: `${x(62)}y`,
    [`${x(60)}---y`]: `${x(60)}y`,
    [`${x(60)}-------yyyyy`]: `${x(60)}yyy`,
    [`${x(60)}---y-z`]: `${x(60)}y-z`,
    [`${x(60)}---------`]: x(60),
  }
  for (const [name, label] of Object.entries(labels)) {
    it(`is ${JSON.stringify(label)} for ${JSON.stringify(name)}`, () => assert.equal(labelOf(name), label))
  }
})

describe('the name of a framework', () => {
  it('keeps its dots, but no empty part', () => {
    const frameworks: Record<string, string> = {
      marathon: 'marathon',
      'marathon-0.7.5': 'marathon-0.7.5',
      'Marathon User_1': 'marathonuser-1',
      '.a..b.': 'a.b',
      '-.$.a': 'a',
      '': '',
    }
    for (const [name, expected] of Object.entries(frameworks)) assert.equal(fragmentsOf(name), expected, name)
  })
})
