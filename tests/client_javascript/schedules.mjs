// Random faults, from a seed: jobs are watched through a proxy that does anything to each connection. What came out is counted.

import { anyFault, hostile, seeded } from './hostile_proxy.mjs'
import { client } from './support.mjs'

const SPEED = 40 // times faster than real
const JOBS = 20
const RESULTS = 8
const FAULTS = 10 // connections that may be spoiled; the proxy is kind after that

const none = () => ({ lost: 0, doubled: 0, back: 0, missing: 0 })

/**
 * One schedule. `Kind` and `rungs` are those of the client under test.
 * @returns counts of lost ends, doubled or missing results, steps backwards; and which faults were met
 */
export async function schedule(seed, baseUrl, { Kind, rungs, patience = 60_000 } = {}) {
  const random = seeded(seed)
  const proxy = await hostile(baseUrl, anyFault(random, FAULTS), random)
  const direct = client({ baseUrl })
  const jindu = client({ baseUrl: proxy.url, speed: SPEED, platform: { random }, Kind, rungs })
  const found = none()
  const jobs = Array.from({ length: JOBS }, () => ({ type: 'pouring', params: { results: RESULTS, pause: 0.1 + random() / 5 } }))
  const { jobs: ids } = await direct.submitMany(jobs)
  await Promise.all(ids.map((id) => followed(jindu, id, found, patience)))
  for (const one of [jindu, direct]) one.close()
  proxy.close()
  return { ...found, seed, met: proxy.met.slice(0, FAULTS), states: jindu.states }
}

async function followed(jindu, id, found, patience) {
  const keys = []
  let ends = 0
  let last = [0, -1]
  const watch = jindu.watch(id, {
    onPartial: ({ key }) => keys.push(key),
    onUpdate: (update) => {
      ends += update.is_completed ? 1 : 0
      const now = [update.attempt, update.progress]
      if (now[0] < last[0] || (now[0] === last[0] && now[1] < last[1])) found.back += 1
      last = now
    },
  })
  const late = new Promise((resolve) => setTimeout(resolve, patience, null).unref())
  const end = await Promise.race([watch.result, late])
  found.lost += end?.status === 'completed' && ends === 1 ? 0 : 1
  found.doubled += keys.length - new Set(keys).size
  found.missing += RESULTS - new Set(keys).size + (keys.join() === [...keys].sort().join() ? 0 : 1)
}
