// Through hostile proxies: the same end, each result once, on the rung that the ladder says; and up again when the proxy turns kind.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hostile } from './hostile_proxy.mjs'
import { URL_OF_SERVER, client, until } from './support.mjs'

const SPEED = 6 // times faster than real; more, and a busy machine looks like a hostile proxy
const MANY = 1000 // partial results, of a job that is cancelled long before

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
  const { id } = await direct.submit('pouring', { results: MANY, pause: 0.1 })
  const keys = []
  const seqs = []
  const true_ = []
  const watch = jindu.watch(id, { onPartial: (one) => keys.push(one.key), onUpdate: (one) => seqs.push(one.seq) })
  const truth = direct.watch(id, { onPartial: (one) => true_.push(one.key) })
  // It goes on until the test has seen enough; then it is cancelled, which both are told.
  const same = async () => {
    await direct.cancel(id)
    const ends = [watch, truth].map(({ result }) => result.catch(({ update }) => ({ ...update, eta: 0, updated_at: 0 })))
    const [seen, wanted] = await Promise.all(ends)
    assert.deepEqual(seen, wanted)
    assert.equal(seen.status, 'cancelled')
    assert.deepEqual(keys, true_)
    assert.equal(new Set(keys).size, keys.length)
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
