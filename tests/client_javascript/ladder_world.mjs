// A world made of scripts, in which time passes when it is told to: for the stories of the ladder (tests/contract/vectors).

import assert from 'node:assert/strict'

import { Client } from '../../client_sdk/javascript/src/core/client.js'
import { all } from '../../client_sdk/javascript/src/transports/all.js'

const HOST = 'http://world'

/** A clock that is set, and what is due on it. */
class Clock {
  now = 0
  due = []
  number = 0

  after(seconds, run) {
    const timer = { at: this.now + seconds, number: (this.number += 1), run }
    this.due.push(timer)
    return timer
  }

  cancel(timer) {
    this.due = this.due.filter((one) => one !== timer)
  }

  async until(end) {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve)) // all that follows from what happened
      const next = this.due.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at || one.number - other.number)[0]
      if (!next) break
      this.cancel(next)
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = end
  }
}

class World {
  constructor({ world, random, transports, events = [] }) {
    Object.assign(this, { scripts: world, random, rungs: transports })
    this.clock = new Clock()
    this.attempts = { ws: [], stream: [], longpoll: [], look: [] }
    this.waits = []
    this.live = []
    for (const [at, what] of events) this.clock.after(at, () => this.event(what))
  }

  get platform() {
    const { clock } = this
    return {
      openSocket: (url, protocol, on) => this.socket(on),
      request: (asked) => this.request(asked),
      streams: true,
      setTimer: (ms, run) => clock.after(ms / 1000, run),
      clearTimer: (timer) => clock.cancel(timer),
      now: () => clock.now,
      random: () => this.random,
      lifecycle: (listen) => {
        this.listen = listen
        return () => {}
      },
      storage: () => null,
      transports: this.rungs,
      lang: 'en',
    }
  }

  event(what) {
    const moments = { hidden: 'hide', shown: 'show', network: 'online' }
    this.listen(moments[what] ?? what)
  }

  /** The next script of a rung, played; returns what stops it. */
  play(rung, act) {
    const scripts = this.scripts[rung] ?? [[]]
    const script = scripts[Math.min(this.attempts[rung].length, scripts.length - 1)]
    this.attempts[rung].push(this.clock.now)
    const timers = script.map(([at, what]) => this.clock.after(at, () => act(what)))
    return () => timers.forEach((timer) => this.clock.cancel(timer))
  }

  socket(on) {
    if (this.scripts.ws === null) return null
    const stop = this.play('ws', (what) => {
      if (what === 'open') on.open()
      else if (what.frame) on.message(JSON.stringify(what.frame))
      else on.close(what.close ?? 1006)
    })
    return { send: () => {}, close: stop }
  }

  request({ method, url, body, onText }) {
    const rung = method === 'GET' ? 'look' : url.endsWith('/v1/stream') ? 'stream' : 'longpoll'
    if (rung === 'longpoll') this.waits.push(JSON.parse(body).wait)
    let abort = () => {}
    const done = new Promise((resolve, reject) => {
      const answer = ({ status, retry_after, frames, body: value }) => {
        const text = JSON.stringify(frames ?? value ?? '')
        resolve({ status, header: (name) => (name === 'retry-after' && retry_after ? String(retry_after) : null), text })
      }
      const stop = this.play(rung, (what) => {
        if (what === 'lost') reject(new Error('lost'))
        else if (what === 'end') answer({ status: 200 })
        else if (what.frame) onText(`data: ${JSON.stringify(what.frame)}\n\n`)
        else if (rung !== 'stream' || what.status !== 200) answer(what)
      })
      abort = () => {
        stop()
        reject(new Error('aborted'))
      }
    })
    return { done, abort: () => abort() }
  }
}

const within = (wanted, seen, what) => {
  assert.equal(seen.length, wanted.length, `${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`)
  wanted.forEach(([least, most], at) => assert.ok(seen[at] >= least - 1e-6 && seen[at] <= most + 1e-6, `${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`))
}

function judged(expect, world, updates, watch) {
  const { attempts, clock } = world
  if (expect.live) {
    assert.deepEqual(world.live.map(([rung]) => rung), expect.live.map(([rung]) => rung))
    within(expect.live.map(([, ...range]) => range), world.live.map(([, at]) => at), 'live')
  }
  for (const [rung, wanted] of Object.entries(expect.attempts ?? {})) {
    if (typeof wanted === 'number') assert.ok(attempts[rung].length >= wanted, `${rung}: ${attempts[rung]}`)
    else within(wanted, attempts[rung], rung)
  }
  if (expect.waits) assert.deepEqual(world.waits.filter((wait, at) => wait !== world.waits[at - 1]), expect.waits)
  for (const [from, to, least, most] of expect.looks ?? []) {
    const looks = attempts.look.filter((at) => at >= from && at <= to).length
    assert.ok(looks >= least && looks <= most, `${looks} looks from ${from} to ${to}: ${attempts.look}`)
  }
  if (expect.updates) {
    assert.equal(updates.length, expect.updates.length, JSON.stringify(updates))
    expect.updates.forEach((wanted, at) => Object.entries(wanted).forEach(([name, value]) => assert.deepEqual(updates[at][name], value, name)))
  }
  if ('over' in expect) assert.equal(watch.state === 'final', expect.over, `at ${clock.now}: ${watch.state}`)
  if ('stop' in expect) assert.match(watch.error.message, new RegExp(`^${expect.stop} `))
}

/** A story of the ladder, told from its beginning to `until`, and compared with what it expects. */
export async function told(story) {
  const world = new World(story)
  const jindu = new Client(world.platform, all, { baseUrl: HOST, transports: story.transports })
  jindu.on('state', (state, transport) => {
    if (transport && transport !== world.live.at(-1)?.[0]) world.live.push([transport, world.clock.now])
  })
  const updates = []
  const watch = jindu.watch(story.jobs[0], { onUpdate: (update) => updates.push(update) })
  await world.clock.until(story.until)
  judged(story.expect, world, updates, watch)
  jindu.close()
}
