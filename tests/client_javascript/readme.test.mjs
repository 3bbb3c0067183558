// Every example of the JavaScript client's README does what it says. (The page is tried in tests/browser.)

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import vm from 'node:vm'

import { SDK, WebSocket, inMiniProgram, until } from './support.mjs'
import { WxDouble } from './wx_double.mjs'

const SERVER = process.env.README_URL
const TEXT = readFileSync(new URL('README.md', SDK), 'utf8')
const BLOCKS = [...TEXT.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
const isPage = (code) => code.includes('Page({')

test('the WeChat page', async () => {
  const [code] = BLOCKS.filter(isPage)
  assert.ok(code.trim().split('\n').length <= 13, 'ten lines and what closes them')
  const double = new WxDouble({ WebSocket, speed: 20 })
  const drawn = []
  const { world, exports } = inMiniProgram({ ...double.globals, SERVER, Page: (page) => (world.page = page), require: () => exports })
  Object.assign(world, { require: () => exports })
  vm.runInContext(code, world)
  world.page.setData = (data) => drawn.push({ ...data })
  await world.page.onLoad()
  await until(() => drawn.at(-1)?.percent === 100)
  assert.ok(drawn.length > 1)
})

test('the programs for Node.js', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jindu-'))
  after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(fileURLToPath(SDK), join(folder, 'node_modules/jindu-client'))
  symlinkSync(fileURLToPath(new URL('node_modules/ws', SDK)), join(folder, 'node_modules/ws'))
  const code = BLOCKS.filter((block) => !isPage(block)).join('\n')
  writeFileSync(join(folder, 'all.mjs'), code)
  const env = { ...process.env, JINDU_URL: SERVER }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--preserve-symlinks', join(folder, 'all.mjs')], { env })
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trim().split('\n'), [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, said]) => said))
})

test('what may be required is there', async () => {
  const program = `
    const { createClient, JobError } = require('jindu-client'); const mini = require.resolve('jindu-client/mini-program')
    const jindu = createClient({ baseUrl: ${JSON.stringify(SERVER)}, lang: 'en', transports: ['longpoll'] })
    jindu.submit('diagnose', { brand: 'X' }).then(({ id }) => jindu.watch(id).result).then((last) => {
      console.log(last.result.brand, typeof JobError, mini.endsWith('jindu.mini.js')); jindu.close() })`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=commonjs', '-e', program], { cwd: fileURLToPath(SDK) })
  assert.equal(stdout.trim(), 'X function true')
})
