/** One attempt at one transport, from dialling to its end: the session, and the clocks around it. */

import { Session } from './session.js'
import { Timers } from './platform.js'

/** @import {Platform} from './platform.js' */
/** @import {Http} from './http.js' */
/** @import {Holdings, Output} from './held.js' */
/** @import {Ladder, End} from './ladder.js' */
/** @import {Backoff, Verdict} from './closing.js' */

/**
 * What the other side of a path had to say at its end. `retry`: seconds; `refused`: somebody in between will not let it through.
 * @typedef {{told?: boolean, retry?: number|null, problem?: any, refused?: boolean}} Closed
 *
 * What a transport tells its path. After `close` nothing is listened to. `worked` stands for `hello` where there are no frames.
 * @typedef {{open: () => void, message: (text: any) => void, worked: () => void, outputs: (outputs: Output[]) => void,
 *   close: (code: number, closed: Closed) => void}} PathEvents
 *
 * @typedef {{close: () => void, send?: (text: string) => void}} Dialled
 *
 * What transports work with.
 * @typedef {{platform: Platform, http: Http, held: Holdings, ladder: Ladder, backoff: Backoff}} Way
 *
 * @typedef {(way: Way, on: PathEvents) => Dialled|null} Transport
 *
 * Who is told: that `live` or `suspect` changed; what came; that it is over.
 * @typedef {{moved: (path: Path) => void, heard: (path: Path, outputs: Output[]) => void,
 *   ended: (path: Path, end: End, verdict: Verdict, problem: any) => void}} PathOwner
 */

const HELLO = /** @type {Record<string, number>} */ ({ ws: 8, stream: 5 }) // seconds within which hello must come
const SUSPECT = 5 // seconds for an answer after the page was asleep
const GRACE = 5 // seconds more, when it was our own timer that was late
const SILENT = 4102

export class Path extends Session {
  /**
   * @param {string} name of the transport
   * @param {Way} way
   * @param {string} token
   * @param {PathOwner} owner
   */
  constructor(name, way, token, owner) {
    super(way.held, way.backoff, token)
    this.name = name
    this.suspect = this.interrupted = false
    this._way = way
    this._owner = owner
    this._timers = new Timers(way.platform)
    this._data = this._ended = false
    this.begun = this._now()
    /** @type {Dialled|null} */
    this._dialled = null
  }

  /** Begin. @param {Transport} transport @returns {boolean} false: this platform has no such transport */
  dial(transport) {
    if (HELLO[this.name]) this._timers.after('hello', HELLO[this.name], () => this.lost(1006), GRACE)
    let dialled = null
    try {
      dialled = transport(this._way, {
        open: () => this._do(() => this.opened(this._now())),
        message: (text) => this._do(() => this._heardOf(this.received(text, this._now()))),
        worked: () => this._do(() => this.live || (this.helloAt = this._now())),
        outputs: (outputs) => this._do(() => this._heardOf(outputs)),
        close: (code, closed) => this.lost(code, closed),
      })
    } catch (error) {
      // as a browser has it that forbids even the attempt
    }
    this._dialled = dialled
    if (!dialled || this._ended) this.abandon() // it may have ended before it was there to be closed
    else this._flush()
    return !!dialled
  }

  /** Whether the path still says what is wanted; what sockets were not told yet is sent, others have to be dialled anew. */
  update() {
    const changed = this.refresh()
    this._flush()
    return !changed || this.name === 'ws'
  }

  /** Doubtful after a sleep: an answer must come soon. Only of a socket, which can be asked. */
  probe() {
    this.suspect = true
    this.subscribe()
    this._flush()
    this._listen(SUSPECT)
  }

  /** Drop it without a word to anybody. */
  abandon() {
    this._ended = true
    this._timers.cancel()
    if (this._dialled) this._dialled.close()
  }

  /**
   * It has ended, or is given up.
   * @param {number} code
   * @param {Closed} [closed]
   */
  lost(code, { told = false, retry, problem, refused } = {}) {
    if (this._ended) return
    const hello = this.live
    const end = this._end(code, told, refused)
    this.abandon()
    // On a path that is asked again and again a refusal may only mean that the token is over.
    const stale = code === 4009 && hello && this.name !== 'ws'
    this._owner.ended(this, end, this.closed(stale ? 4202 : code, this._now(), retry), problem)
  }

  /** @param {number} code @param {boolean} told @param {boolean} [refused] @returns {End} */
  _end(code, told, refused) {
    const silent = code === SILENT
    return {
      hello: this.live,
      silent,
      told: told || this.leaving || (!silent && code >= 4000 && code < 4300),
      interrupted: this.interrupted || this.suspect,
      quick: !this._data && this._now() - this.helloAt < 10,
      refused,
    }
  }

  /** @param {() => void} what */
  _do(what) {
    if (this._ended) return
    const before = this.live
    what()
    this._flush()
    if (this._ended) return
    if (this.leaving) return this.lost(1006)
    if (this.live === before) return
    this._timers.cancel('hello')
    this._owner.moved(this)
  }

  /** @param {Output[]} outputs */
  _heardOf(outputs) {
    if (outputs.some(({ kind }) => kind !== 'subscribed' && kind !== 'epoch')) this._data = true
    const woke = this.suspect
    this.suspect = this.interrupted = false
    if (this.live && HELLO[this.name]) this._listen(this.deadAt - this._now())
    if (woke) this._owner.moved(this)
    this._owner.heard(this, outputs)
  }

  /** @param {number} seconds within which something must come */
  _listen(seconds) {
    this._timers.after('silence', seconds, () => this.lost(SILENT), GRACE)
  }

  /** Send what the session has to say. */
  _flush() {
    const dialled = this._dialled
    if (dialled) this.outgoing().forEach((text) => dialled.send && dialled.send(text))
  }

  _now() {
    return this._way.platform.now()
  }
}
