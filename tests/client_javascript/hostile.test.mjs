// Through hostile proxies: the same end, each result once, on the rung that the ladder says; and up again when the proxy turns kind.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hostile } from './hostile_proxy.mjs'
import { URL_OF_SERVER, client, until } from './support.mjs'

const SPEED = 20 // times faster than real: 8 s become 0.4 s
const RESULTS = 250

// What each does to sockets (or to all), and the rung that is left.
const CASES = [
  ['hang', 'stream'],
  ['strip', 'stream'],
  ['403', 'stream'],
  ['kill', 'stream'],
  ['swallow', 'stream'],
  [{ delay: 10_000 / SPEED }, 'longpoll'],
]

async function watched(mode) {
  const proxy = await hostile(URL_OF_SERVER, mode)
  const jindu = client({ baseUrl: proxy.url, speed: SPEED })
  const direct = client()
  const { id } = await direct.submit('pouring', { results: RESULTS, pause: 0.03 })
  const keys = []
  const seqs = []
  const watch = jindu.watch(id, { onPartial: (one) => keys.push(one.key), onUpdate: (one) => seqs.push(one.seq) })
  const truth = direct.watch(id)
  const same = async () => {
    const [seen, wanted] = await Promise.all([watch.result, truth.result])
    assert.deepEqual({ ...seen, updated_at: 0, eta: 0 }, { ...wanted, updated_at: 0, eta: 0 })
    assert.deepEqual(keys, Array.from({ length: RESULTS }, (_, at) => `k${at}`))
    assert.ok(seqs.every((seq, at) => !at || seq > seqs[at - 1]))
    for (const one of [jindu, direct]) one.close()
    proxy.close()
  }
  return { proxy, jindu, same }
}

test('hostile proxies', { concurrency: true }, async (group) => {
  await Promise.all(
    CASES.map(([mode, rung]) =>
      group.test(`${JSON.stringify(mode)}: ${rung}, and up again`, async () => {
        const { proxy, jindu, same } = await watched(mode)
        await until(() => jindu.transport === rung, `${JSON.stringify(mode)} on ${rung}: ${jindu.states}`)
        proxy.mode = null
        await until(() => jindu.transport === 'ws', `up again: ${jindu.states}`)
        assert.ok(!jindu.states.some((state) => /\((?!ws)/.test(state) && state !== `live(${rung})`), jindu.states.join(' '))
        await same()
      }),
    ),
  )
  await group.test('cut every n bytes: the socket is kept, as it brings data', async () => {
    const { proxy, jindu, same } = await watched({ cut: 25_000 })
    await until(() => proxy.upgrades > 2)
    await same()
    assert.deepEqual([...new Set(jindu.states)].filter((state) => state.startsWith('live')), ['live(ws)'])
  })
})
