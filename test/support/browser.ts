import { type Browser, chromium } from 'playwright-core'

/** Debian's program; where it is, its package put it. */
const executablePath = '/usr/bin/chromium'

/**
 * A headless Chromium with an empty profile that asks nobody on the network for anything of its own; it is ended with the tests of a
 * file (`{ after }` of node:test).
 */
export async function openBrowser(scope: { after(undo: () => Promise<void>): void }): Promise<Browser> {
  const quiet = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map((name) => `--disable-${name}`)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...quiet] })
  scope.after(() => browser.close())
  return browser
}
