/** One watched job or batch, and those who watch it. */

import { Held } from './held.js'
import { JobError, ours } from './errors.js'
import { Timers } from './platform.js'

/** @import {Update} from './held.js' */
/** @import {Client} from './client.js' */

/**
 * All may be left out. `onUpdate`: the state moved, the end too; `onPartial`: a partial result, each once, in order;
 * `onDone`: completed; `onError`: failed, cancelled, or cannot be watched; `onStale`: nothing was heard of the job for too long
 * (true), or is again (false). `pace`: updates a second, 0.2 to 10.
 * @typedef {object} Watching
 * @property {(update: Update) => void} [onUpdate]
 * @property {(update: Update) => void} [onPartial]
 * @property {(update: Update) => void} [onDone]
 * @property {(error: JobError) => void} [onError]
 * @property {(stale: boolean, update: Update|undefined) => void} [onStale]
 * @property {number} [pace]
 *
 * @typedef {'syncing'|'live'|'final'|'gone'} WatchState
 */

/** What `watch` gives. */
export class Watch {
  /**
   * @param {string} id
   * @param {Watching} on
   * @param {(watch: Watch) => void} close
   */
  constructor(id, on, close) {
    this.id = id
    /** syncing: nothing is known yet; live; final: it has ended; gone: it cannot be watched. @type {WatchState} */
    this.state = 'syncing'
    /** The last update. @type {Update|undefined} */
    this.current = undefined
    /** @type {JobError|null} */
    this.error = null
    this._on = on
    this._close = close
    this._settle = () => {}
    /** @type {Promise<Update>|null} */
    this._result = null
  }

  /** The last update once the job has completed; rejects with a JobError. @returns {Promise<Update>} */
  get result() {
    if (!this._result) {
      this._result = new Promise((resolve, reject) => {
        this._settle = () => {
          if (this.error) reject(this.error)
          else if (this.state === 'final') resolve(/** @type {Update} */ (this.current))
        }
      })
      this._settle()
    }
    return this._result
  }

  /** Watch no more. The job goes on. */
  close() {
    this._close(this)
  }

  /** @param {Update} update @param {JobError|null} error */
  _give(update, error) {
    const { onUpdate, onPartial, onDone } = this._on
    this.current = update
    this.state = update.is_completed ? 'final' : 'live'
    if (update.kind === 'result') call(onPartial, update)
    call(onUpdate, update)
    if (error) this._fail(error)
    else if (update.kind === 'complete') call(onDone, update)
    this._settle()
  }

  /** @param {JobError} error */
  _fail(error) {
    this.error = error
    if (this.state !== 'final') this.state = 'gone'
    call(this._on.onError, error)
    this._settle()
  }
}

/** A job that is held, those who watch it, and the order in which they are told. */
export class Watched extends Held {
  /** @param {Client} client @param {string} channel @param {number} [pace] */
  constructor(client, channel, pace) {
    super(channel, pace)
    this._client = client
    /** @type {Set<Watch>} */
    this.watches = new Set()
    this.timers = new Timers(client.platform)
    /** @type {Update[]} what waits for large data to be fetched */
    this._queue = []
    this._stale = false
  }

  /** @override */
  heard() {
    this._at = this._client.platform.now()
    if (this._stale) this._say(false)
    if (!this.timers.has('stale')) this._listen()
  }

  /** @param {Watch} watch tell a newcomer what is held */
  replay(watch) {
    const last = this._last
    const told = [...this.results.values()].filter((update) => !this._queue.includes(update))
    for (const update of told) watch._give(update, null)
    if (last && watch.current !== last) watch._give(last, this._error(last))
  }

  /** @param {Update} update */
  take(update) {
    if (this._queue.push(update) === 1) this._next()
  }

  /** It cannot be watched. @param {any} body */
  fail(body) {
    this.timers.cancel()
    this._queue = []
    this.watches.forEach((watch) => watch._fail(new JobError(body, this._client.lang, this.id)))
  }

  async _next() {
    for (let update; (update = this._queue[0]); this._queue.shift()) {
      if (update.url && !(await this._fetch(update))) return
      this._last = update
      this.watches.forEach((watch) => watch._give(update, this._error(update)))
      if (!update.is_completed) continue
      this.timers.cancel('stale')
      this.watches.forEach((watch) => watch.close())
    }
  }

  /** What was too large for a frame. @param {Update} update @returns {Promise<boolean>} whether it is still of interest */
  async _fetch(update) {
    const { url = '', kind } = update
    const again = (/** @type {JobError} */ error) => (error.retryable ? this._client.request('GET', url).catch(again) : null)
    update[kind === 'result' ? 'data' : 'result'] = await this._client.request('GET', url).catch(again)
    return this._queue[0] === update
  }

  /** @param {Update} update */
  _error(update) {
    if (update.kind !== 'error') return null
    return new JobError(update.error || ours('CLOSED'), this._client.lang, this.id, 0, update)
  }

  _listen() {
    const after = this.state.stale_after
    if (!after || this.over) return
    const due = this._at + after
    this.timers.limit('stale', due - this._client.platform.now(), () => (this._at + after > due ? this._listen() : this._say(true)))
  }

  /** @param {boolean} stale */
  _say(stale) {
    this._stale = stale
    this.watches.forEach((watch) => call(watch._on.onStale, stale, watch.current))
  }
}

/**
 * Call back; what the caller's code throws is theirs, and must not stop us.
 * @param {((...values: any[]) => void)|undefined} back
 * @param {...any} values
 */
export function call(back, ...values) {
  try {
    if (back) back(...values)
  } catch (error) {
    Promise.reject(error) // seen as an unhandled rejection
  }
}
