// The built mini-program file on the double of `wx`, against a real server.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { URL_OF_SERVER, WebSocket, inMiniProgram, installed, until } from './support.mjs'
import { WxDouble } from './wx_double.mjs'
import { readFileSync } from 'node:fs'

const server = { baseUrl: URL_OF_SERVER, lang: 'zh' }
const program = (options = {}, more = {}) => {
  const double = new WxDouble({ WebSocket, speed: 20, ...options })
  const { createClient, JobError } = inMiniProgram(double.globals).exports
  return { double, jindu: createClient({ ...server, ...more }), createClient, JobError }
}
const start = async (jindu, type = 'counting', params = { number: 1 }) => (await jindu.submit(type, params)).id

test('a job is watched to its end over one socket, at a pace of one', async () => {
  const { double, jindu } = program()
  const kinds = []
  const watch = jindu.watch(await start(jindu), { onUpdate: (update) => kinds.push(update.kind), onPartial: (one) => kinds.push(one.key) })
  const last = await watch.result
  assert.equal(last.status, 'completed')
  assert.deepEqual(kinds.filter((kind) => typeof kind === 'number'), [1, 2, 3])
  assert.equal(kinds.at(-1), 'complete')
  assert.equal(double.opened, 1)
  assert.equal(double.requests.length, 1, 'the submit alone')
  jindu.close()
})

for (const rung of ['longpoll', 'poll']) {
  test(`the same over ${rung}`, async () => {
    const { double, jindu } = program({}, { transports: [rung] })
    const partial = []
    const last = await jindu.watch(await start(jindu), { onPartial: (one) => partial.push(one.key) }).result
    assert.equal(last.percent, 100)
    assert.deepEqual(partial, [1, 2, 3])
    assert.equal(double.opened, 0)
    jindu.close()
  })
}

test('a failure is told in the language of the program', async () => {
  const { jindu, JobError } = program()
  const watch = jindu.watch(await start(jindu, 'out_of_quota', {}))
  await assert.rejects(watch.result, (error) => {
    assert.ok(error instanceof JobError)
    assert.deepEqual([error.code, error.title, error.action, error.actionText], ['AI_QUOTA_EXHAUSTED', 'AI 配额已用尽', 'switch_platform', '切换平台'])
    return true
  })
  jindu.close()
})

for (const cut of [1000, 1006, null]) {
  test(`cut in the background with ${cut ?? 'no word at all'}: on return all is there, once`, async () => {
    const { double, jindu } = program({ cut })
    const partial = []
    const seqs = []
    const id = await start(jindu, 'pouring', { results: 200, pause: 0.01 })
    const watch = jindu.watch(id, { onPartial: (one) => partial.push(one.key), onUpdate: (one) => seqs.push(one.seq) })
    await until(() => partial.length > 5)
    double.background()
    assert.equal(jindu.state === 'live' || jindu.state === 'paused', true)
    await until(() => !double.sockets.size, 'the link is cut')
    const before = partial.length
    assert.equal(double.shown, false)
    double.foreground()
    const last = await watch.result
    assert.ok(before < 200)
    assert.equal(last.result, 200)
    assert.deepEqual(partial, Array.from({ length: 200 }, (_, at) => `k${at}`))
    assert.deepEqual(seqs, [...seqs].sort((one, other) => one - other))
    assert.ok(double.opened >= 2)
    jindu.close()
  })
}

test('without a network it pauses, and comes back with it', async () => {
  const { double, jindu } = program()
  const states = []
  jindu.on('state', (state) => states.push(state))
  const watch = jindu.watch(await start(jindu, 'pouring', { results: 100, pause: 0.01 }))
  await until(() => jindu.state === 'live')
  double.changeNetwork('none')
  await until(() => jindu.state === 'paused')
  double.changeNetwork('4g')
  assert.equal((await watch.result).result, 100)
  assert.equal(jindu.transport, 'ws')
  assert.ok(states.includes('paused'))
  jindu.close()
})

test('a sixth socket fails, and that client goes another way', async () => {
  const { double, jindu, createClient } = program()
  const others = Array.from({ length: 5 }, () => double.wx.connectSocket({ url: `${URL_OF_SERVER.replace('http', 'ws')}/v1/ws`, protocols: ['jindu.v1'] }))
  assert.equal(others.length, 5)
  const client = createClient(server)
  assert.equal((await client.watch(await start(client)).result).status, 'completed')
  assert.notEqual(client.transport, 'ws')
  client.close()
  jindu.close()
  double.sockets.forEach((socket) => socket.cut(null))
})

test('the double is like a phone', async () => {
  const { double } = program()
  const order = []
  const task = double.wx.connectSocket({ url: `${URL_OF_SERVER.replace('http', 'ws')}/v1/ws`, protocols: ['jindu.v1'], success: () => order.push('success') })
  task.onOpen(() => order.push('open'))
  assert.deepEqual(Object.keys(task).sort(), ['close', 'onClose', 'onError', 'onMessage', 'onOpen', 'send'])
  await until(() => order.length === 2)
  assert.deepEqual(order, ['success', 'open'])
  task.onOpen(() => order.push('late'))
  let failed = ''
  for (let number = 0; number < 5; number += 1) {
    double.wx.connectSocket({ url: `${URL_OF_SERVER.replace('http', 'ws')}/v1/ws`, fail: ({ errMsg }) => (failed = errMsg) })?.onError(() => {})
  }
  await until(() => failed)
  assert.match(failed, /^connectSocket:fail/)
  assert.deepEqual(order, ['success', 'open'])
  const pieces = []
  const request = double.wx.request({ url: `${URL_OF_SERVER}/v1/types`, enableChunked: true, success: () => order.push('answered') })
  request.onChunkReceived(({ data }) => pieces.push(Buffer.from(data)))
  await until(() => order.includes('answered'))
  assert.ok(pieces.length > 10)
  assert.ok(JSON.parse(Buffer.concat(pieces)).items.length)
  double.sockets.forEach((socket) => socket.cut(null))
})

test('the file is ES2015, and names nothing that mini-programs lack', () => {
  const { parse, tokenizer } = installed('acorn')
  const code = readFileSync(new URL('../../client_sdk/javascript/dist/jindu.mini.js', import.meta.url), 'utf8')
  parse(code, { ecmaVersion: 2015, sourceType: 'script' })
  const names = new Set([...tokenizer(code, { ecmaVersion: 2015 })].filter(({ type }) => type.label === 'name').map(({ value }) => value))
  for (const name of ['URL', 'URLSearchParams', 'TextDecoder', 'AbortController', 'EventSource', 'WebSocket', 'window', 'document', 'globalThis']) {
    assert.ok(!names.has(name), name)
  }
  assert.ok(names.has('wx'))
})
