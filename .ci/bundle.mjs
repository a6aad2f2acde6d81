// Bundles src with its packages into dist: a program that starts every minute starts in about half the time from few files. What
// a run rarely needs stays in a file of its own. The licences of the packages go with them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { build, transform } from 'esbuild'

// Marathon is asked by HTTP/1.1, and undici does without Node's HTTP/2, which takes long to load.
const withoutHttp2 = {
  name: 'without-http2',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http2$/ }, ({ path }) => ({ path, namespace: 'none' }))
    onLoad({ filter: /^/, namespace: 'none' }, () => ({ contents: 'throw new Error("there is no HTTP/2")' }))
  },
}

const common = { platform: 'node', target: 'node20.18', logLevel: 'error' }

const { metafile, outputFiles } = await build({
  ...common,
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  sourcemap: 'inline',
  metafile: true,
  write: false,
  // An optional part of nunjucks, for watching templates.
  external: ['chokidar'],
  plugins: [withoutHttp2],
})

// esbuild splits ES modules only, and Node loads the others faster.
mkdirSync('dist', { recursive: true })
for (const { path, text } of outputFiles) {
  const { code, map } = await transform(text, {
    ...common,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    sourcemap: true,
  })
  writeFileSync(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`)
  writeFileSync(`${path}.map`, map)
}
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n')

const folders = new Set(
  Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []),
)
const licences = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  return [`${name} ${version}: ${license}`, file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : ''].join('\n\n')
})
writeFileSync('dist/LICENSES.txt', `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`)
