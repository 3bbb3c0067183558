/**
 * What keeps a client connected: one path at a time, another that proves itself before it takes over, and pauses.
 *
 * States: idle, connecting, live, suspect, waiting, paused, closed. Live means that `hello` has arrived, never just open.
 */

import { Path } from './path.js'
import { Timers } from './platform.js'
import { look } from '../transports/poll.js'

/** @import {Moment} from './platform.js' */
/** @import {Output} from './held.js' */
/** @import {End} from './ladder.js' */
/** @import {Verdict} from './closing.js' */
/** @import {Transport, Way} from './path.js' */

/** @typedef {'idle'|'connecting'|'live'|'suspect'|'waiting'|'paused'|'closed'} LinkState */

const SLOW = 2.5 // seconds without hello after which one look by HTTP shows what there is
const IDLE = 5 // seconds that a path is kept without watches
const BLIND = 20 // seconds after which even what seems to be no network is tried

/** What is made of it: somebody who holds jobs, and is told. */
export class Link {
  /**
   * @param {Way} way
   * @param {Record<string, Transport>} transports
   */
  constructor(way, transports) {
    /** idle, connecting, live, suspect, waiting, paused or closed. @type {LinkState} */
    this.state = 'idle'
    /** ws, stream, longpoll or poll while live; else null. @type {string|null} */
    this.transport = null
    this._way = way
    this._transports = transports
    this._timers = new Timers(way.platform)
    /** @type {Path|null} */
    this._path = null
    /** @type {Path|null} a socket that is tried beside the path in use */
    this._probe = null
    this._turn = 0 // of dialling: what comes back later is of no interest
    this._looked = this._hidden = this._offline = this._closed = this._changing = this._busy = false
    this._unlisten = way.platform.lifecycle((moment) => this._lived(moment))
  }

  /** @param {Output[]} outputs */
  _take(outputs) {}

  /** The server will not have us. @param {Verdict} verdict @param {any} problem */
  _stop(verdict, problem) {}

  /** `state` or `transport` is another one. */
  _told() {}

  /** What is watched has changed; all changes of one turn are one. */
  async _changed() {
    if (this._changing) return
    this._changing = true
    await null
    this._changing = false
    if (this._closed) return
    if (this._wanted()) this._reach()
    else if (this._path && this._path.name === 'ws') this._timers.after('idle', IDLE, () => this._drop())
    else this._drop()
    this._tell()
  }

  /** Something is wanted: say so to what stands, or dial. */
  _reach() {
    const path = this._path
    this._timers.cancel('idle')
    if (this._probe) this._probe.update()
    if (path ? !path.update() : !this._busy && !this._hidden && !this._timers.has('dial')) this._dial()
  }

  /** End it for good. */
  close() {
    this._closed = true
    this._drop()
    this._unlisten()
  }

  // What paths tell.

  /** @param {Path} path */
  moved(path) {
    if (path === this._path && path.live) {
      this._looked = false
      this._timers.cancel('slow')
    }
    this._tell()
  }

  /** @param {Path} path @param {Output[]} outputs */
  heard(path, outputs) {
    if (path === this._probe && path.proved) this._promote(path)
    this._take(outputs)
  }

  /**
   * @param {Path} path
   * @param {End} end
   * @param {Verdict} verdict
   * @param {any} problem
   */
  async ended(path, end, verdict, problem) {
    if (path === this._probe) return this._probed()
    this._path = null
    this._timers.cancel('slow')
    if (verdict.done) this._drop()
    else if ('stop' in verdict) this._stop(verdict, problem)
    else await this._return(path, end, verdict.delay || 0)
  }

  /** Come back, on this rung or the next. @param {Path} path @param {End} end @param {number} delay */
  async _return(path, end, delay) {
    const { ladder } = this._way
    const rung = ladder.at
    const away = this._away()
    let at = away ? BLIND : delay
    if (!away && path.name === ladder.rung && ladder.died(end)) {
      const works = await this._works()
      if (works === null) return
      if (works && ladder.missed(end)) at = 0
    }
    this._timers.after('dial', ladder.at === rung ? at : 0, () => this._dial())
    this._tell()
  }

  /** Nothing is wanted, or nothing can be had. */
  _drop() {
    this._turn += 1
    this._timers.cancel()
    for (const path of [this._path, this._probe]) if (path) path.abandon()
    this._path = this._probe = null
    this._looked = this._busy = false
    this._tell()
  }

  async _dial() {
    const { http, ladder, backoff } = this._way
    const turn = ++this._turn
    this._timers.cancel('dial')
    if (this._path) this._path.abandon()
    this._path = null
    this._busy = true
    this._tell()
    const token = await http.renew().catch(() => null)
    if (turn !== this._turn) return
    this._busy = false
    if (token === null) this._timers.after('dial', backoff.next(), () => this._dial())
    else {
      while (!this._path && ladder.rung) this._path = this._try(ladder.rung, token)
      if (!this._path) return this._stop({ stop: null }, null)
      if (!this._looked && ladder.rung === 'ws') this._timers.after('slow', SLOW, () => this._peek())
      this._schedule()
    }
    this._tell()
  }

  /** @param {string} name @param {string} token @returns {Path|null} null if this platform has no such transport */
  _try(name, token) {
    const path = new Path(name, this._way, token, this)
    if (path.dial(this._transports[name])) return path
    this._way.ladder.missing(name)
    return null
  }

  /** One look by HTTP, so that nobody looks at nothing while the first socket is silent. */
  _peek() {
    this._looked = true
    this._look(() => !!this.transport || this._closed)
  }

  /** @param {() => boolean} over */
  _look(over) {
    return look(this._way, { outputs: (outputs) => this._take(outputs), close: () => {} }, over)
  }

  /** Whether HTTP works; null if that is of no interest any more. @returns {Promise<boolean|null>} */
  async _works() {
    const turn = ++this._turn
    this._busy = true
    this._tell()
    const seconds = await this._look(() => turn !== this._turn)
    if (turn !== this._turn) return null
    this._busy = false
    if (this._wanted()) return seconds > 0
    this._drop()
    return null
  }

  /** The new link has proved itself: the old one is dropped. @param {Path} path */
  _promote(path) {
    this._turn += 1
    this._busy = false
    this._timers.cancel()
    if (this._path) this._path.abandon()
    this._path = path
    this._probe = null
    this._way.ladder.climbed()
    this._tell()
  }

  _schedule() {
    const seconds = this._way.ladder.probeIn
    if (seconds && !this._probe && !this._timers.has('probe')) this._timers.after('probe', seconds, () => this._climb())
  }

  /** Try WS beside what is in use. */
  async _climb() {
    const { http, ladder } = this._way
    this._timers.cancel('probe')
    const token = this._away() ? null : await http.renew().catch(() => null)
    if (token !== null && this._path && !this._probe && ladder.probeIn) this._probe = this._try('ws', token)
    else this._schedule()
  }

  _probed() {
    this._probe = null
    if (this._way.ladder.probed() && this._path) this._dial()
    else this._schedule()
  }

  /** @param {Moment} moment */
  _lived(moment) {
    if (moment === 'hide' || moment === 'show') this._hidden = moment === 'hide'
    else this._offline = moment === 'offline'
    for (const path of [this._path, this._probe]) if (path) path.interrupted = true
    if (this._hidden) this._timers.cancel('dial')
    if (!this._away() && this._wanted()) this._wake(moment === 'online')
    this._tell()
  }

  /** Back from sleep, or with a network. What stands is asked, what hangs is given up. @param {boolean} network another one */
  _wake(network) {
    const path = this._path
    if (path && path.live && path.name === 'ws') path.probe()
    else if (path ? path.live || network || this._way.platform.now() - path.begun > SLOW : !this._busy) this._dial()
    if (this._way.ladder.probeIn) this._climb()
  }

  _wanted() {
    return this._way.held.channels().length > 0
  }

  _away() {
    return this._hidden || this._offline
  }

  _tell() {
    const [state, transport] = [this.state, this.transport]
    this.state = this._name()
    this.transport = this.state === 'live' && this._path ? this._path.name : null
    if (state !== this.state || transport !== this.transport) this._told()
  }

  /** @returns {LinkState} */
  _name() {
    const path = this._path
    if (this._closed) return 'closed'
    if (path && path.live) return path.suspect ? 'suspect' : 'live'
    if (!this._wanted()) return 'idle'
    if (this._away()) return 'paused'
    return path || this._busy ? 'connecting' : 'waiting'
  }
}
