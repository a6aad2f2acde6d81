// Bundles src with its packages into dist: a program that starts every minute starts in about half the time from few files. What
// a run rarely needs stays in files of its own. The licences of the packages go with them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

// Marathon is asked by HTTP/1.1; undici does without what Node's HTTP/2 takes to load.
const withoutHttp2 = {
  name: 'without-http2',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http2$/ }, ({ path }) => ({ path, namespace: 'none' }))
    onLoad({ filter: /^/, namespace: 'none' }, () => ({ contents: 'throw new Error("there is no HTTP/2")' }))
  },
}

const { metafile } = await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.18',
  sourcemap: true,
  metafile: true,
  logLevel: 'error',
  // An optional part of nunjucks, for watching templates.
  external: ['chokidar'],
  plugins: [withoutHttp2],
  // The packages that are not ES modules require parts of Node.
  banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
})

const folders = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []),
)
const licences = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  return [`${name} ${version}: ${license}`, file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : ''].join('\n\n')
})
writeFileSync('dist/LICENSES.txt', `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`)
