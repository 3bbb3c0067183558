// The session replays the shared vectors: the same files that hold the other clients to the protocol.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { Backoff } from '../../client_sdk/javascript/src/core/closing.js'
import { Held, Holdings } from '../../client_sdk/javascript/src/core/held.js'
import { Session } from '../../client_sdk/javascript/src/core/session.js'

const FOLDER = new URL('../contract/vectors/', import.meta.url)
const UPDATES = ['progress', 'result', 'complete', 'error']

const happen = (session, held, event, at) => {
  if (event === 'open') return { opened: session.opened(at) }
  if ('close' in event) return { verdict: session.closed(event.close, at) }
  if ('snapshot' in event) return { outputs: held.snapshot(event.snapshot) }
  return { outputs: session.received('text' in event ? event.text : JSON.stringify(event.frame), at) }
}

const link = (verdict) => {
  if (!verdict) return {}
  if ('stop' in verdict) return { link: 'stop', code: verdict.stop }
  return { link: verdict.done ? 'done' : 'wait', delay: verdict.delay }
}

const observed = (session, held, { outputs = [], verdict }) => {
  const each = (what) => Object.fromEntries([...held.jobs].map(([job, one]) => [job, what(one)]))
  return {
    updates: outputs.filter((one) => UPDATES.includes(one.kind)).map((one) => ({ is_end: one.is_completed, ...one })),
    problems: outputs.filter((one) => one.kind === 'problem').map(({ job, code }) => ({ job, code })),
    send: session.outgoing().map((text) => JSON.parse(text)),
    cursor: each((one) => one.seq),
    results: each((one) => Object.fromEntries([...one.results].map(([key, update]) => [key, update.data]))),
    progress: each((one) => one.state.progress ?? null),
    state: each((one) => one.state),
    epoch: held.epoch,
    live: session.live,
    leaving: session.leaving,
    over: session.over,
    dead_at: session.deadAt,
    ...link(verdict),
  }
}

const part = (wanted, seen) => Object.entries(wanted).forEach(([name, value]) => assert.deepEqual(seen?.[name], value, name))

const CHECKS = {
  updates: (wanted, seen) => {
    assert.equal(seen.length, wanted.length, JSON.stringify(seen))
    wanted.forEach((one, at) => part(one, seen[at]))
  },
  delay: ([least, most], seen) => assert.ok(seen >= least && seen <= most, `${seen} is not from ${least} to ${most}`),
  state: (wanted, seen) => Object.entries(wanted).forEach(([job, fields]) => part(fields, seen[job])),
  cursor: part,
  results: part,
  progress: part,
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort()) {
  const vector = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))
  test(vector.name, () => {
    const held = new Holdings()
    for (const job of vector.jobs) held.jobs.set(job, new Held(`job:${job}`, vector.pace))
    const session = new Session(held, new Backoff(Math.random), vector.token)
    vector.steps.forEach((step, number) => {
      const seen = observed(session, held, happen(session, held, step.in, step.at ?? 0))
      for (const [name, wanted] of Object.entries(step.expect ?? {})) {
        try {
          ;(CHECKS[name] ?? assert.deepEqual)(wanted, seen[name])
        } catch (error) {
          throw new Error(`${vector.name}, step ${number + 1}, ${name}: ${error.message}`, { cause: error })
        }
      }
    })
  })
}
