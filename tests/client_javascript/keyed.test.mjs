// A server that asks for credentials: they are asked for at every connection, and what is wrong with them is said in words.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'

import { client, until } from './support.mjs'

const baseUrl = process.env.KEYED_URL
let key = ''

before(async () => {
  const answer = await fetch(`${baseUrl}/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'js', scopes: ['submit', 'watch', 'operate'] }),
  })
  key = (await answer.json()).key
})

for (const rung of ['ws', 'stream', 'longpoll', 'poll']) {
  test(`a key opens ${rung}`, async () => {
    let asked = 0
    const getToken = async () => {
      asked += 1
      return key
    }
    const jindu = client({ baseUrl, getToken, transports: [rung] })
    const { id } = await jindu.submit('diagnose', { brand: 'X' })
    assert.equal((await jindu.watch(id).result).result.rank, 1)
    assert.ok(asked >= 2, 'for the first call, and for the connection')
    jindu.close()
  })

  for (const [what, token] of [['no key', ''], ['a wrong key', 'jk_wrong_key']]) {
    test(`${what} over ${rung}`, async () => {
      const jindu = client({ baseUrl, getToken: () => token, transports: [rung] })
      await assert.rejects(jindu.watch('0123456789abcdef').result, ({ code }) => code === 'UNAUTHORIZED')
      await until(() => jindu.state === 'idle')
      await assert.rejects(jindu.submit('diagnose', { brand: 'X' }), ({ status, code }) => status === 401 && code === 'UNAUTHORIZED')
      jindu.close()
    })
  }
}

test('a token of one job watches it, on a later connection another one', async () => {
  const owner = client({ baseUrl, getToken: () => key })
  const { id, token } = await owner.submit('diagnose', { brand: 'X' })
  const jindu = client({ baseUrl, getToken: () => token })
  assert.equal((await jindu.watch(id).result).status, 'completed')
  await assert.rejects(jindu.watch('0123456789abcdef').result, ({ code }) => code === 'NOT_FOUND')
  for (const one of [owner, jindu]) one.close()
})
