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

export class Link {
  /**
   * @param {Way} way
   * @param {Record<string, Transport>} transports
   * @param {{state: (state: LinkState, transport: string|null) => void, outputs: (outputs: Output[]) => void,
   *   stop: (verdict: Verdict, problem: any) => void}} on
   */
  constructor(way, transports, on) {
    this._way = way
    this._transports = transports
    this._on = on
    this._timers = new Timers(way.platform)
    /** @type {LinkState} */
    this.state = 'idle'
    /** @type {Path|null} */
    this._path = null
    /** @type {Path|null} a path that is tried beside the one in use */
    this._probe = null
    this._turn = 0 // of dialling: what comes back later is of no interest
    this._looked = false
    this._hidden = this._offline = this._closed = this._changing = this._dialling = false
    this._told = ''
    this._unlisten = way.platform.lifecycle((moment) => this._lived(moment))
    this._on4 = {
      moved: (/** @type {Path} */ path) => this._moved(path),
      outputs: (/** @type {Path} */ path, /** @type {Output[]} */ outputs) => this._heard(path, outputs),
      ended: this._ended.bind(this),
    }
  }

  /** The transport that is live; null when none is. */
  get transport() {
    return this._path && this._path.live ? this._path.name : null
  }

  /** What is watched has changed; all changes of one turn are one. */
  changed() {
    if (this._changing || this._closed) return
    this._changing = true
    Promise.resolve().then(() => {
      this._changing = false
      if (!this._closed) this._sync()
    })
  }

  close() {
    this._closed = true
    this._drop()
    this._unlisten()
    this._tell()
  }

  _sync() {
    if (!this._way.held.channels().length) {
      if (!this._timers.has('idle')) this._timers.after('idle', IDLE, () => this._drop())
      if (!this._path || this._path.name !== 'ws') this._drop()
    } else {
      this._timers.cancel('idle')
      if (this._probe) this._probe.refresh()
      if (!this._path) this._begin()
      else if (!this._path.refresh()) this._dial()
    }
    this._tell()
  }

  /** Nothing is wanted, or nothing can be had. */
  _drop() {
    this._turn += 1
    this._timers.cancel()
    for (const path of [this._path, this._probe]) if (path) path.abandon()
    this._path = this._probe = null
    this._looked = this._dialling = false
    this._tell()
  }

  /** Dial, unless it is known that this is under way, or in vain. */
  _begin() {
    if (!this._timers.has('dial') && !this._dialling && !this._hidden) this._dial()
  }

  async _dial() {
    const turn = ++this._turn
    this._timers.cancel('dial')
    if (this._path) this._path.abandon()
    this._path = null
    this._dialling = true
    this._tell()
    const token = await this._way.http.renew().catch(() => null)
    if (turn !== this._turn) return
    this._dialling = false
    if (token === null) return this._wait(this._way.backoff.next())
    this._path = this._try(this._way.ladder.rung, token)
    if (!this._path) return this._on.stop({ stop: null, why: 'transport' }, null)
    if (!this._looked && this._path.name === 'ws') this._timers.after('slow', SLOW, () => this._peek())
    this._schedule()
    this._tell()
  }

  /** @param {string} name @param {string} token @returns {Path|null} on the first rung from here down that this platform has */
  _try(name, token) {
    const path = new Path(name, this._way, token, this._on4)
    if (path.dial(this._transports[name])) return path
    return this._way.ladder.missing(name) ? this._try(this._way.ladder.rung, token) : null
  }

  /** One look by HTTP, so that nobody looks at nothing while the first socket is silent. */
  _peek() {
    this._looked = true
    look(this._way, { outputs: (outputs) => this._on.outputs(outputs), close: () => {} }, () => this.transport !== null || this._closed)
  }

  /** @param {Path} path */
  _moved(path) {
    if (path === this._path && path.live) {
      this._looked = false
      this._timers.cancel('slow')
    }
    this._tell()
  }

  /** @param {Path} path @param {Output[]} outputs */
  _heard(path, outputs) {
    if (path === this._probe && outputs.some((output) => output.kind === 'subscribed')) this._promote(path)
    this._on.outputs(outputs)
  }

  /** The new link has proved itself: the old one is dropped. @param {Path} path */
  _promote(path) {
    this._turn += 1
    this._dialling = false
    for (const name of ['dial', 'probe', 'slow']) this._timers.cancel(name)
    if (this._path) this._path.abandon()
    this._path = path
    this._probe = null
    this._way.ladder.climbed()
    this._tell()
  }

  /**
   * @param {Path} path
   * @param {End} end
   * @param {Verdict} verdict
   * @param {any} problem
   */
  async _ended(path, end, verdict, problem) {
    if (path === this._probe) return this._probed()
    if (path !== this._path) return
    this._path = null
    const turn = ++this._turn
    const { ladder, held } = this._way
    if (verdict.done && !held.channels().length) return this._sync()
    if (verdict.stop !== undefined) return this._on.stop(verdict, problem)
    this._timers.cancel('slow')
    if (this._away()) return this._wait(BLIND)
    let delay = verdict.done ? this._way.backoff.next() : verdict.delay || 0
    const rung = ladder.at
    if (path.name === ladder.rung && ladder.died(end)) {
      this._dialling = true
      this._tell()
      let works = true
      const failed = () => (works = false)
      await look(this._way, { outputs: (outputs) => this._on.outputs(outputs), close: failed }, () => turn !== this._turn)
      if (turn !== this._turn) return
      this._dialling = false
      if (!held.channels().length) return this._sync()
      if (works && ladder.missed(end)) delay = 0
    }
    this._wait(ladder.at === rung ? delay : 0)
  }

  /** @param {number} seconds */
  _wait(seconds) {
    this._timers.after('dial', seconds, () => this._dial())
    this._tell()
  }

  _schedule() {
    const seconds = this._way.ladder.probeIn
    if (seconds !== null && !this._timers.has('probe') && !this._probe) {
      this._timers.after('probe', seconds, () => this._climb())
    }
  }

  /** Try WS beside what is in use. */
  async _climb() {
    this._timers.cancel('probe')
    if (this._probe || this._way.ladder.probeIn === null || this._closed) return
    if (this._away()) return this._schedule()
    const token = await this._way.http.renew().catch(() => null)
    if (token === null || this._probe || this._way.ladder.probeIn === null || !this._path) return this._schedule()
    this._probe = new Path('ws', this._way, token, this._on4)
    if (this._probe.dial(this._transports.ws)) return
    this._probe = null
    this._way.ladder.missing('ws')
  }

  _probed() {
    this._probe = null
    if (this._way.ladder.probed() && this._path) this._dial()
    else this._schedule()
  }

  /** @param {Moment} moment */
  _lived(moment) {
    if (this._closed) return
    if (moment === 'hide' || moment === 'show') this._hidden = moment === 'hide'
    else this._offline = moment === 'offline'
    for (const path of [this._path, this._probe]) if (path) path.interrupted = true
    if (this._hidden) this._timers.cancel('dial')
    if (!this._away() && this._way.held.channels().length) this._wake(moment === 'online')
    this._tell()
  }

  /** Back from sleep, or with a network. What stands is asked, what hangs is given up. @param {boolean} network another one */
  _wake(network) {
    const path = this._path
    if (!path) {
      if (!this._dialling) this._dial()
    } else if (path.live && path.name === 'ws') path.probe()
    else if (path.live || network || this._way.platform.now() - path.begun > SLOW) this._dial()
    this._climb()
  }

  _away() {
    return this._hidden || this._offline
  }

  _tell() {
    const state = this._name()
    const told = `${state} ${this.transport}`
    if (told === this._told) return
    this._told = told
    this.state = state
    this._on.state(state, state === 'live' ? this.transport : null)
  }

  /** @returns {LinkState} */
  _name() {
    if (this._closed) return 'closed'
    const path = this._path
    if (path && path.suspect) return 'suspect'
    if (path && path.live) return 'live'
    if (!this._way.held.channels().length) return 'idle'
    if (this._away()) return 'paused'
    return path || (this._dialling && !this._timers.has('dial')) ? 'connecting' : 'waiting'
  }
}
