// Builds dist/: one file each for pages with modules, pages without, CommonJS and mini-programs, and the types.
// Prints what each weighs; fails when the client for pages is heavier than it may be.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { buildSync } from 'esbuild'
import { minify } from 'terser'

export const LIMIT = 8.5 * 1024 // bytes, gzipped: core, all transports and browser
const HERE = fileURLToPath(new URL('.', import.meta.url))
const BANNER = '/*! jindu-client, MIT */'

// Names that only our own code knows. None is a field of the protocol, and none is promised to anybody.
const OURS = (
  'outgoing refresh received opened closed helloAt deadAt subscription snapshot leaving worked interrupted suspect begun dial ' +
  'flush lost abandon probe silent lived refused rungs rung probeIn missing died missed probed climbed failures atOnce backoff ' +
  'ladder held after watches heard replay forget meet wanted over moved outputs renew fold asked asking'
).split(' ')

const FILES = [
  { name: 'jindu.mjs', entry: 'index.js', format: 'esm', target: 'es2020', limit: LIMIT },
  { name: 'jindu.iife.js', entry: 'page.js', format: 'iife', target: 'es2020', globalName: 'Jindu' },
  { name: 'jindu.cjs', entry: 'node.js', format: 'cjs', target: 'es2020', platform: 'node' },
  { name: 'jindu.browser.cjs', entry: 'page.js', format: 'cjs', target: 'es2020' },
  { name: 'jindu.mini.js', entry: 'wechat.js', format: 'cjs', target: 'es2015' },
]

/** @returns {string} */
function bundled({ entry, format, target, globalName, platform = 'neutral' }) {
  const built = buildSync({
    absWorkingDir: HERE,
    entryPoints: [`src/${entry}`],
    bundle: true,
    write: false,
    charset: 'utf8',
    mangleProps: new RegExp(`^(_.*|${OURS.join('|')})$`),
    minify: true,
    format,
    target,
    globalName,
    platform,
  })
  return built.outputFiles[0].text
}

async function file({ name, limit, ...how }) {
  const ecma = how.target === 'es2015' ? 2015 : 2020
  const { code } = await minify(bundled(how), {
    ecma,
    module: how.format !== 'iife',
    compress: { passes: 3, pure_getters: true, unsafe_arrows: true },
    format: { preamble: BANNER },
  })
  writeFileSync(`${HERE}dist/${name}`, `${code}\n`)
  const bytes = gzipSync(code, { level: 9 }).length
  console.log(`${name.padEnd(18)} ${String(code.length).padStart(6)} bytes, ${String(bytes).padStart(5)} gzipped`)
  if (limit && bytes > limit) throw new Error(`dist/${name} has ${bytes} bytes gzipped, ${limit} are allowed`)
}

function types() {
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'))
  for (const config of ['tsconfig.json', 'tsconfig.wechat.json']) {
    execFileSync(process.execPath, [tsc, '--project', config], { cwd: HERE, stdio: 'inherit' })
  }
  copyFileSync(`${HERE}jindu-protocol.d.ts`, `${HERE}dist/jindu-protocol.d.ts`)
}

rmSync(`${HERE}dist`, { recursive: true, force: true })
mkdirSync(`${HERE}dist`)
for (const each of FILES) await file(each)
types()
