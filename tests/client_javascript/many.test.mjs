// More jobs than a server watches on one connection.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { client } from './support.mjs'

const MORE = 420 // a connection may watch 200

for (const rung of ['ws', 'stream', 'longpoll']) {
  test(`${MORE} jobs on one client, all to their ends, over ${rung}`, async () => {
    const jindu = client({ transports: [rung] })
    const { jobs } = await jindu.submitMany(Array.from({ length: MORE }, () => ({ type: 'counting', params: { number: 1 } })))
    assert.equal(jobs.length, MORE)
    const ends = await Promise.all(jobs.map((id) => jindu.watch(id).result))
    assert.deepEqual(ends.map(({ job, kind }) => [job, kind]), jobs.map((id) => [id, 'complete']))
    assert.ok(!jindu.states.includes('closed'))
    jindu.close()
  })
}

test('jobs that are left and watched again do not make it ask for more than a server takes', () => {
  const jindu = client({ transports: ['ws'] })
  const watch = (from) => Array.from({ length: 140 }, (_, n) => jindu.watch(`job-number-${String(from + n).padStart(6, '0')}`))
  const asked = () => jindu._held.asking().length
  const first = watch(0)
  assert.equal(asked(), 140)
  first.forEach((one) => one.close())
  watch(140)
  assert.equal(asked(), 140)
  watch(0)
  assert.ok(asked() <= 150, `${asked()} at once`)
  jindu.close()
})
