// The main job on the packaged sample cluster, by the real program and a real HAProxy, on loopback ports only.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { startHaproxy } from '../support/haproxy.js'
import { startMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { runProgram } from '../support/program.js'
import { bootConfig, createSite, type Site } from '../support/site.js'
import { startSampleCluster } from './cluster.js'

const site = await createSite()
const cluster = await startSampleCluster()
const marathon = await startMarathon(cluster.apps)
writeFileSync(site.live, bootConfig(site, await freePort()))
const haproxy = await startHaproxy(site.live, site)
try {
  title(`A Marathon serves the sample cluster at ${marathon.url}; everything is written to ${site.dir}`)
  title('1. The first run: the whole configuration is new')
  await updateOnce()
  title('2. A request through HAProxy by host name')
  console.log(`GET http://shop.example.test/ → answered by task ${await get('shop.example.test')}`)
  title('3. /shop/web is scaled up: the second run changes just that')
  await cluster.scaleUp('/shop/web')
  marathon.apps = cluster.apps
  await updateOnce()
  title('4. The third run finds nothing to do')
  await updateOnce()
  title(`Done; nothing is left running. The configuration is in ${site.live}`)
} finally {
  await haproxy.stop()
  await marathon.close()
  await cluster.close()
}

async function updateOnce(): Promise<void> {
  const args = [
    '--marathon',
    marathon.url,
    '--verbose',
    '--color',
    process.stdout.isTTY ? 'always' : 'never',
    ...own(site),
  ]
  const { status, stdout, stderr } = await runProgram([...site.args, ...args])
  process.stdout.write(stdout + stderr)
  console.log(`exit status ${status}`)
  if (status !== 0) throw new Error(`the run ended with status ${status}`)
}

/** Without root there is no other user to become. */
function own({ dir }: Site): string[] {
  if (process.geteuid?.() === 0) return []
  const folder = join(dir, 'templates')
  mkdirSync(folder, { recursive: true })
  const packaged = readFileSync(join(import.meta.dirname, '../../templates/global.cfg.njk'), 'utf8')
  writeFileSync(join(folder, 'global.cfg.njk'), packaged.replace(/^ {2}(user|group) haproxy\n/gm, ''))
  return ['--templates', folder]
}

function get(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: site.httpPort, headers: { host } }
    const asked = request(options, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve(body.trim()))
    })
    asked.on('error', reject).end()
  })
}

function title(text: string): void {
  console.log(`\n== ${text}`)
}
