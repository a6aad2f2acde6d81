// All tests but those in test/e2e, in one process: to start one for each file takes longer than their tests.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { before } from 'node:test'

const names = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
const files = names.filter((name) => name.endsWith('.test.ts') && !name.startsWith('e2e/')).sort()
let begin = (): void => undefined
const reading = new Promise<void>((resolve) => {
  begin = resolve
})
// A test may change what all share, such as the environment, so none may run while a file is still read.
before(() => reading)
for (const file of files) await import(join(import.meta.dirname, file))
begin()
