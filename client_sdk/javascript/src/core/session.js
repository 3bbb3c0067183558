/**
 * The protocol on one connection, without I/O: texts in, outputs and texts out (PROTOCOL, The socket, Rules, Closing).
 *
 * - Nothing counts before `hello`: what comes earlier moves no cursor, so a path that works will bring it.
 * - Several connections may share what is held, while one replaces another: seq removes doubles.
 * - Time is handed in, in seconds of any clock that never falls.
 */

import { verdict } from './closing.js'
import { idOf } from './held.js'

/** @import {Backoff, Bye, Verdict} from './closing.js' */
/** @import {Holdings, Output} from './held.js' */

const PING = 20 // seconds between the server's pings until hello says otherwise
const PROVEN = 10 // seconds a link must have been live before the back-off starts anew

export class Session {
  /**
   * @param {Holdings} held
   * @param {Backoff} backoff shared by all connections of a client
   * @param {string} [token] credentials, sent first
   */
  constructor(held, backoff, token) {
    this.held = held
    this._backoff = backoff
    this._token = token
    this._reset(0)
  }

  /** `hello` has arrived: only now does the path count as working. */
  get live() {
    return this.helloAt !== null
  }

  /** The server said goodbye, or cannot be talked to: hang up, then ask `closed`. */
  get leaving() {
    return this._bye !== null || this._refused
  }

  /** Nothing is watched that could still move. */
  get over() {
    return !this.held.channels().length
  }

  /** When the link counts as dead if nothing comes before. */
  get deadAt() {
    return this._heard + 2 * this._ping + 5
  }

  /** @returns {string[]} texts to send now, asked for once */
  outgoing() {
    return this._outgoing.splice(0)
  }

  /**
   * A connection stands. Credentials and cursors leave in the same flight.
   * @param {number} now
   */
  opened(now) {
    this._reset(now)
    if (this._token) this._send({ type: 'auth', tokens: [this._token] })
    this.subscribe()
  }

  /** Ask for everything from where it stands; harmless to repeat, and a question that a live server answers. */
  subscribe() {
    this._ask(this.held.channels())
    this.asked = new Set(this.held.channels())
  }

  /** Whether what is wanted is no longer what was asked for; on a socket the difference is sent. */
  refresh() {
    const wanted = this.held.channels()
    const added = wanted.filter((channel) => !this.asked.has(channel))
    const removed = [...this.asked].filter((channel) => !wanted.includes(channel))
    const dropped = removed.filter((channel) => !this._ended(channel))
    if (added.length) this._ask(added)
    if (dropped.length) this._send({ type: 'unsubscribe', channels: dropped })
    this.asked = new Set(wanted)
    return added.length + dropped.length > 0
  }

  /**
   * One message: an object, or an array handled frame by frame. What cannot be read is still a sign of life.
   * @param {any} text
   * @param {number} now
   * @returns {Output[]}
   */
  received(text, now) {
    this._heard = now
    let value
    try {
      value = JSON.parse(text)
    } catch (error) {
      return []
    }
    /** @type {Output[]} */
    const outputs = []
    for (const frame of Array.isArray(value) ? value : [value]) {
      if (frame && typeof frame === 'object') outputs.push(...this._frame(frame, now))
    }
    return outputs
  }

  /** A path without frames has answered. @param {number} now */
  worked(now) {
    this._heard = now
    if (this.helloAt === null) this.helloAt = now
  }

  /**
   * The link has ended with this code (1006: without a word).
   * @param {number} code
   * @param {number} now
   * @param {number|null} [retry] seconds that the other side asked for
   * @returns {Verdict}
   */
  closed(code, now, retry = null) {
    const bye = this._bye || (retry === null ? null : { code, retry, stop: false, why: '' })
    const refused = this._refused
    if (this.live && now - Number(this.helloAt) >= PROVEN) this._backoff.failures = 0
    this._reset(now)
    if (this.over) return { done: true }
    return refused ? { stop: null, why: 'token' } : verdict(code, bye, this._backoff)
  }

  /** @param {number} now */
  _reset(now) {
    /** @type {number|null} */
    this.helloAt = null
    this.epoch = ''
    this._ping = PING
    this._heard = now
    /** @type {Bye|null} */
    this._bye = null
    this._refused = false
    /** @type {string[]} */
    this._outgoing = []
    /** @type {Set<string>} */
    this.asked = new Set()
  }

  /**
   * @param {any} frame
   * @param {number} now
   * @returns {Output[]}
   */
  _frame(frame, now) {
    const type = frame.type
    if (type === 'hello') return this._hello(frame, now)
    if (type === 'ping') this._send({ type: 'pong' })
    else if (type === 'bye') this._goodbye(frame)
    else if (type === 'problem') return this._problem(frame)
    else if (this.live && this.epoch === this.held.epoch) return this._news(frame)
    return []
  }

  /** @param {any} frame @returns {Output[]} */
  _news(frame) {
    if (frame.type === 'subscribed') return [{ kind: 'subscribed', channels: frame.channels || {} }]
    return frame.feed ? [{ kind: 'feed', frame }] : this.held.frame(frame)
  }

  /**
   * @param {any} frame
   * @param {number} now
   * @returns {Output[]}
   */
  _hello(frame, now) {
    if (frame.ping > 0) this._ping = frame.ping
    const again = this.live
    if (!again) this.helloAt = now
    const changed = this.held.meet(frame.epoch)
    this.epoch = frame.epoch || this.held.epoch
    if (changed && again) this.subscribe()
    if (frame.auth === 'needed' && !this._token) this._refused = true
    return changed ? [{ kind: 'epoch' }] : []
  }

  /** @param {any} frame */
  _goodbye(frame) {
    const retry = typeof frame.retry_ms === 'number' ? Math.max(0, frame.retry_ms / 1000) : null
    const code = typeof frame.code === 'number' ? frame.code : 1000
    this._bye = { code, retry, stop: frame.stop === true, why: String(frame.why || '') }
  }

  /** @param {any} frame @returns {Output[]} */
  _problem(frame) {
    const channel = String(frame.channel)
    if (!this.held.channels().includes(channel)) return []
    if (frame.temporary === true) {
      // Coming back repeats the subscription, which is harmless for the others.
      this._goodbye({ code: 4100, retry_ms: frame.retry_ms, why: frame.code })
      return []
    }
    const job = idOf(channel)
    const held = this.held.jobs.get(job)
    if (held) held.over = true
    else this.held.feeds.delete(channel)
    return [{ kind: 'problem', channel, job, code: frame.code, frame }]
  }

  /** @param {string} channel */
  _ended(channel) {
    const held = this.held.jobs.get(idOf(channel))
    return !!held && held.over
  }

  /** One message for each pace. @param {string[]} channels */
  _ask(channels) {
    /** @type {Map<number|undefined, string[]>} */
    const paces = new Map()
    for (const channel of channels) {
      const held = this.held.jobs.get(idOf(channel))
      const pace = held && held.pace
      paces.set(pace, (paces.get(pace) || []).concat(channel))
    }
    paces.forEach((some) => this._send({ type: 'subscribe', ...this.held.subscription(some) }))
  }

  /** @param {any} frame */
  _send(frame) {
    this._outgoing.push(JSON.stringify(frame))
  }
}
