/** One attempt at one transport, from dialling to its end: the session, and the clocks around it. */

import { Session } from './session.js'
import { Timers } from './platform.js'

/** @import {Platform} from './platform.js' */
/** @import {Http} from './http.js' */
/** @import {Holdings, Output} from './held.js' */
/** @import {Ladder, End} from './ladder.js' */
/** @import {Backoff, Verdict} from './closing.js' */

/**
 * What the other side of a path had to say at its end. `retry`: seconds; `ended`: nothing can follow; `refused`: somebody
 * in between will not let it through.
 * @typedef {{told?: boolean, retry?: number|null, problem?: any, ended?: boolean, refused?: boolean}} Closed
 *
 * What a transport tells its path. After `close` nothing is listened to. `worked` stands for `hello` where there are no frames.
 * @typedef {{open: () => void, message: (text: any) => void, worked: () => void, outputs: (outputs: Output[]) => void,
 *   close: (code: number, closed: Closed) => void}} PathEvents
 *
 * @typedef {{close: () => void, send?: (text: string) => void}} Dialled
 *
 * What transports work with.
 * @typedef {{platform: Platform, http: Http, held: Holdings, ladder: Ladder, backoff: Backoff, etags: Map<string, string>}} Way
 *
 * @typedef {(way: Way, on: PathEvents) => Dialled|null} Transport
 */

const HELLO = /** @type {Record<string, number>} */ ({ ws: 8, stream: 5 }) // seconds within which hello must come
const SUSPECT = 5 // seconds for an answer after the page was asleep
const SILENT = 4102

export class Path {
  /**
   * @param {string} name of the transport
   * @param {Way} way
   * @param {string} token
   * @param {{moved: (path: Path) => void, outputs: (path: Path, outputs: Output[]) => void,
   *   ended: (path: Path, end: End, verdict: Verdict, problem: any) => void}} on
   */
  constructor(name, way, token, on) {
    this.name = name
    this.suspect = false
    this.interrupted = false
    this.begun = way.platform.now()
    this.session = new Session(way.held, way.backoff, token)
    this._way = way
    this._on = on
    this._timers = new Timers(way.platform)
    this._data = false
    this._ended = false
    /** @type {Dialled|null} */
    this._dialled = null
  }

  get live() {
    return this.session.live
  }

  /** Begin. @param {Transport} transport @returns {boolean} false: this platform has no such transport */
  dial(transport) {
    if (HELLO[this.name]) this._timers.limit('hello', HELLO[this.name], () => this.lost(1006))
    try {
      this._dialled = transport(this._way, {
        open: () => this._do(() => this.session.opened(this._now())),
        message: (text) => this._do(() => this._heard(this.session.received(text, this._now()))),
        worked: () => this._do(() => this._worked()),
        outputs: (outputs) => this._do(() => this._heard(outputs)),
        close: (code, closed) => this.lost(code, closed),
      })
    } catch (error) {
      this._dialled = null
    }
    const dialled = this._dialled
    if (!dialled || this._ended) this.abandon() // it may have ended before it was there to be closed
    else this.flush()
    return !!dialled
  }

  /** Send what the session has to say. */
  flush() {
    const dialled = this._dialled
    if (!dialled) return // it was called back before it came back
    for (const text of this.session.outgoing()) if (dialled.send) dialled.send(text)
  }

  /** Whether the path still says what is wanted; what sockets were not told yet is sent, others have to be dialled anew. */
  refresh() {
    const changed = this.session.refresh()
    this.flush()
    return !changed || this.name === 'ws'
  }

  /** Doubtful after a sleep: an answer must come soon. Only of a socket, which can be asked. */
  probe() {
    this.suspect = true
    this.session.subscribe()
    this.flush()
    this._timers.limit('silence', SUSPECT, () => this.lost(SILENT), 1)
    this._on.moved(this)
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
  lost(code, closed = {}) {
    if (this._ended) return
    const { session } = this
    const now = this._now()
    // On a path that is asked again and again a refusal may only mean that the token is over.
    const told = code === 4009 && session.live && this.name !== 'ws' ? 4202 : code
    const end = {
      hello: session.live,
      told: session.leaving || !!closed.told || (code >= 4000 && code < 4300 && code !== SILENT),
      interrupted: this.interrupted || this.suspect,
      silent: code === SILENT,
      data: this._data,
      lived: session.live ? now - Number(session.helloAt) : 0,
      refused: !!closed.refused,
    }
    this.abandon()
    const verdict = closed.ended ? { done: true } : session.closed(told, now, closed.retry)
    this._on.ended(this, end, verdict, closed.problem)
  }

  /** @param {() => void} what */
  _do(what) {
    if (this._ended) return
    const before = this.live
    what()
    this.flush()
    if (this._ended) return
    if (this.live && !before) this._timers.cancel('hello')
    if (this.session.leaving) this.lost(1006)
    else if (this.live !== before) this._on.moved(this)
  }

  _worked() {
    this.session.worked(this._now())
    this._timers.cancel('silence')
  }

  /** @param {Output[]} outputs */
  _heard(outputs) {
    this._data = this._data || outputs.some((output) => output.kind === 'heard' || output.kind === 'feed')
    const woke = this.suspect
    this.suspect = this.interrupted = false
    if (woke || !this._timers.has('silence')) this._listen()
    if (woke) this._on.moved(this)
    this._on.outputs(this, outputs)
  }

  _listen() {
    if (!this.live || !HELLO[this.name]) return
    const due = this.session.deadAt
    this._timers.limit('silence', due - this._now(), () => {
      if (this.session.deadAt > due) this._listen()
      else this.lost(SILENT)
    })
  }

  _now() {
    return this._way.platform.now()
  }
}
