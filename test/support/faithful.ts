import assert from 'node:assert/strict'
import { after } from 'node:test'
import { compose } from '../../src/compose.js'
import { readOptions } from '../../src/options.js'
import { recorded } from '../../src/recorded.js'
import { makeFile, makeFolder } from './folder.js'

const options = readOptions(
  {
    config: makeFile(makeFolder({ after }), 'none.json', '{}'),
    readiness: true,
    sslCert: ['/etc/haproxy/site.pem'],
    mesosDnsDomain: 'mesos',
    appIdPort: '9091',
  },
  {},
)
const surroundings = {
  live: '/etc/haproxy/haproxy.cfg',
  isLive: () => false,
  resolveHosts: async (hosts: Set<string>) => new Map([...hosts].map((host) => [host, host])),
  quarantine: {},
  held: undefined,
}

/** The apps of a recorded reply. */
export const appsIn = (text: string): Record<string, unknown>[] => JSON.parse(text).apps

/** What becomes of a reply: the configuration with its maps, and whatever is found; hashes and queries of checks may differ. */
async function outcomeOf(apps: unknown[]) {
  const { configuration, findings } = await compose({ apps }, options, surroundings)
  const text = configuration.text
    .replace(/sha256:\w+/, '')
    .replace(/^( {2}user .* password ).*/gm, '$1')
    .replace(/^( {2}option httpchk [^?#\n]*[?#]).*/gm, '$1')
  return { text, maps: configuration.maps, findings }
}

/** Asserts that apps and their recording lead to the same, and that recording the latter changes nothing. */
export async function assertFaithful(apps: unknown[]): Promise<void> {
  const text = recorded(apps)
  assert.deepEqual(await outcomeOf(appsIn(text)), await outcomeOf(apps))
  assert.equal(recorded(appsIn(text)), text)
}
