// examples/mini_program on the double of `wx`: what its page shows from submit to end, and whether its files fit each other.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'

import { URL_OF_SERVER, WebSocket, inMiniProgram, required, until } from './support.mjs'
import { WxDouble } from './wx_double.mjs'

const FOLDER = new URL('../../examples/mini_program/', import.meta.url)
const text = (path) => readFileSync(new URL(path, FOLDER), 'utf8')

/** The program, started, with its page open. */
function opened(query) {
  const double = new WxDouble({ WebSocket, speed: 20 })
  const scrolled = []
  double.wx.pageScrollTo = (to) => scrolled.push(to)
  let app
  let page
  const program = {
    ...double.globals,
    App: (made) => (app = made),
    getApp: () => app,
    Page: (made) => {
      page = Object.assign(made, { shown: [], setData: (data) => page.shown.push(Object.assign(page.data, structuredClone(data))) })
    },
  }
  const { world, exports } = inMiniProgram(program)
  const client = { ...exports, createClient: (options) => exports.createClient({ ...options, baseUrl: URL_OF_SERVER }) }
  required(world, new URL('app.js', FOLDER), { './jindu.js': client })
  required(world, new URL('pages/job/job.js', FOLDER))
  after(() => app.jindu.close())
  page.onLoad(query)
  return { double, page, scrolled }
}

test('a job: bar, stages, partial results, the end', async () => {
  const { page } = opened({ type: 'counting', params: encodeURIComponent('{"number":3}') })
  await until(() => page.data.done)
  assert.deepEqual([page.data.percent, page.data.running, page.data.error, page.data.link], [100, false, null, 'live'])
  assert.deepEqual(page.data.partial.map(({ key, text }) => [key, JSON.parse(text).stage]), [[1, 'first'], [2, 'second'], [3, 'third']])
  assert.deepEqual(page.data.stages.map(({ state }) => state), ['completed', 'completed', 'completed'])
  page.onUnload()
})

test('a friendly error, and its button', async () => {
  const { page } = opened({ type: 'out_of_quota', params: '{}' })
  await until(() => page.data.error)
  assert.equal(page.data.error.title, 'AI 配额已用尽')
  assert.equal(page.data.error.button, '切换平台')
  const before = page.id
  await page.act()
  await until(() => page.id !== before && page.data.error)
  page.onUnload()
})

test('an unknown type is said in words', async () => {
  const { page } = opened({ type: 'nobody', params: '{}' })
  await until(() => page.data.error)
  assert.match(page.data.error.message, /[一-龥]/)
  page.onUnload()
})

test('cancel; then the bar stays where it was', async () => {
  const { page } = opened({ type: 'pouring', params: '{"results":2000,"pause":0.02}' })
  await until(() => page.data.partial.length > 3 && page.data.percent > 0)
  await page.cancel()
  await until(() => page.data.error)
  assert.ok(page.data.percent > 0 && page.data.percent < 100)
  assert.equal(page.data.running, false)
  page.onUnload()
})

test('the background and another network do not disturb it', async () => {
  const { double, page } = opened({ type: 'pouring', params: '{"results":150,"pause":0.01}' })
  await until(() => page.data.partial.length > 3)
  double.background()
  await until(() => !double.sockets.size)
  double.foreground()
  double.changeNetwork('4g')
  await until(() => page.data.done)
  assert.deepEqual(page.data.partial.map(({ key }) => key), Array.from({ length: 150 }, (_, at) => `k${at}`))
  page.onUnload()
})

test('its files fit each other', () => {
  const { page } = opened({ type: 'counting', params: '{"number":1}' })
  const wxml = text('pages/job/job.wxml')
  const roots = [...wxml.matchAll(/{{([^}]*)}}/g)].flatMap(([, code]) => code.replace(/'[^']*'/g, '').match(/(?<![.\w])[a-z]\w*/gi) ?? [])
  for (const name of new Set(roots)) assert.ok(name in page.data || ['item', 'true', 'false'].includes(name), name)
  for (const [, handler] of wxml.matchAll(/bind\w+="(\w+)"/g)) assert.equal(typeof page[handler], 'function', handler)
  const classes = new Set([...wxml.matchAll(/class="([^"{]*)/g)].flatMap(([, names]) => names.trim().split(/\s+/)))
  for (const [, name] of text('pages/job/job.wxss').matchAll(/\.([a-z-]+)/g)) assert.ok([...classes].some((known) => name.startsWith(known.replace(/-$/, ''))), name)
  for (const file of ['app.json', 'pages/job/job.json', 'project.config.json', 'sitemap.json']) JSON.parse(text(file))
  for (const path of JSON.parse(text('app.json')).pages) for (const kind of ['js', 'json', 'wxml', 'wxss']) assert.ok(text(`${path}.${kind}`))
  const tags = [...wxml.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>/g)]
  const open = []
  for (const [, closing, tag, , alone] of tags) {
    if (closing) assert.equal(open.pop(), tag)
    else if (!alone) open.push(tag)
  }
  assert.deepEqual(open, [])
  page.onUnload()
})
