/**
 * The protocol on one connection, without I/O: texts in, outputs and texts out (PROTOCOL, The socket, Rules, Closing).
 *
 * - Nothing counts before `hello`: what comes earlier moves no cursor, so a path that works will bring it.
 * - Several connections may share what is held, while one replaces another: seq removes doubles.
 * - Time is handed in, in seconds of any clock that never falls.
 */

import { verdict } from './closing.js'

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
    this.helloAt = -1
    /** It has shown where the jobs stand. */
    this.proved = false
    this.epoch = ''
    this._ping = PING
    this._heard = 0
    /** @type {Bye|null} */
    this._bye = null
    /** @type {string[]} */
    this._outgoing = []
    /** @type {string[]} */
    this._asked = []
  }

  /** `hello` has arrived: only now does the path count as working. */
  get live() {
    return this.helloAt >= 0
  }

  /** The server said goodbye, or cannot be talked to: hang up, then ask `closed`. */
  get leaving() {
    return !!this._bye || (this.epoch !== '' && this.epoch !== this.held.epoch) // what it tells of is gone
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
    if (this._token) this.renew(this._token)
    this.subscribe()
  }

  /** Other credentials: they are added to those given before. @param {string} token */
  renew(token) {
    this._token = token
    this._send({ type: 'auth', tokens: [token] })
  }

  /** Ask for everything from where it stands; harmless to repeat, and a question that a live server answers. */
  subscribe() {
    this._asked = []
    this.refresh()
  }

  /** Whether what is wanted is no longer what was asked for; the difference is sent. */
  refresh() {
    const wanted = this.held.channels()
    const added = wanted.filter((name) => !this._asked.includes(name))
    const dropped = this._asked.filter((name) => !wanted.includes(name) && !this.held.of(name)?.over)
    const paceOf = (/** @type {string} */ name) => this.held.of(name)?.pace
    for (const pace of new Set(added.map(paceOf))) {
      this._send({ type: 'subscribe', ...this.held.subscription(added.filter((name) => paceOf(name) === pace)) })
    }
    if (dropped.length) this._send({ type: 'unsubscribe', channels: dropped })
    this._asked = wanted
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
    let frames
    try {
      frames = typeof text === 'string' && JSON.parse(text)
    } catch (error) {
      return []
    }
    const all = Array.isArray(frames) ? frames : [frames]
    return all.reduce((outputs, frame) => outputs.concat(frame ? this._frame(frame, now) : []), [])
  }

  /**
   * The link has ended with this code (1006: without a word).
   * @param {number} code
   * @param {number} now
   * @param {number|null} [retry] seconds that the other side asked for
   * @returns {Verdict}
   */
  closed(code, now, retry = null) {
    const bye = this._bye || (retry !== null && { code, retry, stop: false, why: '' })
    if (this.live && now - this.helloAt >= PROVEN) this._backoff.failures = 0
    this._reset(now)
    return this.over ? { done: true } : verdict(code, bye || null, this._backoff)
  }

  /** @param {number} now */
  _reset(now) {
    this.helloAt = -1
    this.proved = false
    this.epoch = ''
    this._ping = PING
    this._heard = now
    this._bye = null
    this._outgoing = []
    this._asked = []
  }

  /**
   * @param {any} frame
   * @param {number} now
   * @returns {Output[]}
   */
  _frame(frame, now) {
    const { type } = frame
    if (type === 'hello') return this._hello(frame, now)
    if (type === 'ping') this._send({ type: 'pong' })
    else if (type === 'bye') this._goodbye(frame)
    else if (type === 'problem') return this._problem(frame)
    else if (this.live && this.epoch === this.held.epoch) {
      this.proved = true
      if (type === 'subscribed') return [{ kind: type, channels: frame.channels }]
      return frame.feed ? [{ kind: 'feed', frame }] : this.held.frame(frame)
    }
    return []
  }

  /**
   * @param {any} frame
   * @param {number} now
   * @returns {Output[]}
   */
  _hello({ ping, epoch, auth }, now) {
    if (ping > 0) this._ping = ping
    const again = this.live
    if (!again) this.helloAt = now
    const changed = this.held.meet(epoch)
    this.epoch = epoch || this.held.epoch
    if (changed && again) this.subscribe()
    if (auth === 'needed' && !this._token) this._goodbye({ stop: true, code: null })
    return changed ? [{ kind: 'epoch' }] : []
  }

  /** @param {any} frame */
  _goodbye({ code, retry_ms, why, stop }) {
    this._bye = { code, retry: retry_ms >= 0 && retry_ms !== null ? retry_ms / 1000 : null, stop: !!stop, why: why || '' }
  }

  /** @param {any} frame @returns {Output[]} */
  _problem(frame) {
    const { channel, temporary, retry_ms, code } = frame
    const held = this.held
    if (!held.channels().includes(channel)) return []
    if (temporary) {
      // Coming back repeats the subscription, which is harmless for the others.
      this._goodbye({ code: 4100, retry_ms, why: code })
      return []
    }
    return [refused(held, channel, frame)]
  }

  /** @param {any} frame */
  _send(frame) {
    this._outgoing.push(JSON.stringify(frame))
  }
}

/** This channel cannot be watched. @param {Holdings} held @param {string} channel @param {any} frame @returns {Output} */
export function refused(held, channel, frame) {
  const job = held.of(channel)
  if (job) job.over = true
  held.feeds.delete(channel)
  return { kind: 'problem', channel, job: job ? job.id : channel, code: frame.code, frame }
}
