// The client replays the shared vectors: the same files that hold the other clients to the protocol (tests/contract/vectors).

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { told } from './ladder_world.mjs'
import { Backoff } from '../../client_sdk/javascript/src/core/closing.js'
import { Held, Holdings } from '../../client_sdk/javascript/src/core/held.js'
import { Session } from '../../client_sdk/javascript/src/core/session.js'

const FOLDER = process.env.VECTORS ? pathToFileURL(process.env.VECTORS) : new URL('../contract/vectors/', import.meta.url)
const UPDATES = ['progress', 'result', 'complete', 'error']

class Watching {
  constructor({ jobs = [], batches = [], feeds = [], pace, token, tokens = token ? [token] : [] }) {
    this.held = new Holdings()
    for (const channel of [...jobs.map((job) => `job:${job}`), ...batches.map((batch) => `batch:${batch}`)]) {
      const one = new Held(channel, pace)
      this.held.jobs.set(one.id, one)
    }
    for (const feed of feeds) this.held.feeds.add(feed)
    this.backoff = new Backoff(Math.random)
    this.tokens = [...tokens]
    this.session = this.connection()
    this.sends = true
  }

  connection() {
    const token = this.tokens.length > 1 ? this.tokens.shift() : this.tokens[0]
    return new Session(this.held, this.backoff, token)
  }

  open(at, sends) {
    if (this.session.deadAt > 45 || this.dialled) this.session = this.connection()
    this.dialled = true
    this.sends = sends
    this.session.opened(at)
    return {}
  }

  happen(event, at) {
    if (event === 'open') return this.open(at, true)
    if (event === 'nothing') return {}
    const [[kind, value]] = Object.entries(event)
    if (kind === 'open') return this.open(at, false)
    if (kind === 'close') return { verdict: this.session.closed(value, at) }
    if (kind === 'snapshot') return { outputs: this.held.snapshot(value) }
    if (kind === 'renew') return { renewed: this.session.renew(value) }
    if (kind === 'answer') return this.answered(value, at)
    return { outputs: this.session.received(kind === 'frame' ? JSON.stringify(value) : kind === 'bytes' ? Buffer.from(value) : value, at) }
  }

  /** An answer of a poll comes on a path that is asked again and again. */
  answered(frames, at) {
    if (!this.polling) this.open(at, false)
    this.polling = true
    return { outputs: this.session.received(JSON.stringify(frames), at) }
  }

  seen(at, { outputs = [], verdict }) {
    const { held, session } = this
    const each = (what) => Object.fromEntries([...held.jobs].map(([job, one]) => [job, what(one)]))
    const sent = session.outgoing().map((text) => JSON.parse(text))
    return {
      updates: outputs.filter((one) => UPDATES.includes(one.kind)).map((one) => ({ is_end: one.is_completed, ...one })),
      feed: outputs.flatMap((one) => fed(held, one)),
      problems: outputs.filter((one) => one.kind === 'problem'),
      send: this.sends ? sent : [],
      ask: JSON.parse(JSON.stringify(held.subscription())),
      cursor: each((one) => one.seq),
      results: each((one) => Object.fromEntries([...one.results].map(([key, update]) => [key, update.data]))),
      progress: each((one) => one.state.progress ?? null),
      state: each((one) => one.state),
      epoch: held.epoch,
      live: session.live && !this.polling, // no answer of a poll leaves anything open
      leaving: session.leaving,
      over: session.over,
      dead: at >= session.deadAt,
      dead_at: session.deadAt,
      ...link(verdict),
    }
  }
}

const fed = (held, { kind, frame, channels }) => {
  if (kind === 'subscribed') return Object.keys(channels).filter((name) => held.feeds.has(name)).map((name) => ({ subscribed: name }))
  return kind === 'feed' ? [{ job: frame.job, state: frame.state, head: frame.head ?? null, gone: frame.type === 'gone' }] : []
}

const link = (verdict) => {
  if (!verdict) return {}
  if ('stop' in verdict) return { link: 'stop', code: verdict.stop }
  return { link: verdict.done ? 'done' : 'wait', delay: verdict.delay }
}

const part = (wanted, seen) => Object.entries(wanted).forEach(([name, value]) => assert.deepEqual(seen?.[name], value, name))
const each = (check) => (wanted, seen) => {
  assert.equal(seen.length, wanted.length, JSON.stringify(seen))
  wanted.forEach((one, at) => check(one, seen[at]))
}
const ofFeed = ({ state, ...rest }, seen) => {
  part(rest, seen)
  if (state) part(state, seen.state)
}

const CHECKS = {
  updates: each(part),
  problems: each(part),
  feed: each(ofFeed),
  delay: ([least, most], seen) => assert.ok(seen >= least && seen <= most, `${seen} is not from ${least} to ${most}`),
  state: (wanted, seen) => Object.entries(wanted).forEach(([job, fields]) => part(fields, seen[job])),
  cursor: part,
  results: part,
  progress: part,
  ask: part,
}

function replayed(vector) {
  const watching = new Watching(vector)
  vector.steps.forEach((step, number) => {
    const at = step.at ?? 0
    const seen = watching.seen(at, watching.happen(step.in, at))
    for (const [name, wanted] of Object.entries(step.expect ?? {})) {
      try {
        ;(CHECKS[name] ?? assert.deepEqual)(wanted, seen[name])
      } catch (error) {
        throw new Error(`step ${number + 1}, ${name}: ${error.message}`, { cause: error })
      }
    }
  })
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))
const vectors = files.sort().map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')))

for (const vector of vectors) {
  if (vector.kind === 'ladder') test(vector.name, () => told(vector))
  else if (vector.kind !== 'server') test(vector.name, () => replayed(vector))
}

test('there are enough of them', () => assert.ok(vectors.length >= 49))
