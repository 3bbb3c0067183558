/** One watched job, batch or feed, and those who watch it. */

import { JobError, ours } from './errors.js'
import { Timers } from './platform.js'

/** @import {Held, Update} from './held.js' */
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
 * @property {(stale: boolean, update: Update|null) => void} [onStale]
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
    /** The last update. @type {Update|null} */
    this.current = null
    /** @type {JobError|null} */
    this.error = null
    this._on = on
    this._close = close
    /** @type {((how: 'resolve'|'reject', value: any) => void)|null} */
    this._settle = null
    /** @type {Promise<Update>|null} */
    this._result = null
  }

  /** The last update once the job has completed; rejects with a JobError. @returns {Promise<Update>} */
  get result() {
    if (!this._result) {
      this._result = new Promise((resolve, reject) => {
        this._settle = (how, value) => (how === 'resolve' ? resolve(value) : reject(value))
        if (this.error) reject(this.error)
        else if (this.state === 'final') resolve(/** @type {Update} */ (this.current))
      })
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
    else if (update.kind === 'complete') {
      call(onDone, update)
      if (this._settle) this._settle('resolve', update)
    }
  }

  /** @param {JobError} error */
  _fail(error) {
    this.error = error
    if (this.state !== 'final') this.state = 'gone'
    call(this._on.onError, error)
    if (this._settle) this._settle('reject', error)
  }
}

/** Those who watch one job, and the order in which they are told. */
export class Watched {
  /** @param {Client} client @param {Held} held @param {string} id */
  constructor(client, held, id) {
    this.held = held
    this.id = id
    /** @type {Set<Watch>} */
    this.watches = new Set()
    this.timers = new Timers(client.platform)
    this._client = client
    /** @type {Array<Update>} what waits for large data to be fetched */
    this._queue = []
    this._heard = client.platform.now()
    this._stale = false
  }

  /** Something came about the job. */
  heard() {
    this._heard = this._client.platform.now()
    if (this._stale) this._say(false)
    if (!this.timers.has('stale')) this._listen()
  }

  /** @param {Watch} watch tell a newcomer what is held */
  replay(watch) {
    this.held.results.forEach((update) => watch._give(update, null))
    const last = this.last
    if (last && watch.current !== last) watch._give(last, this._error(last))
  }

  /** @param {Update} update */
  take(update) {
    this._queue.push(update)
    if (this._queue.length === 1) this._next()
  }

  /** It cannot be watched. @param {JobError} error */
  fail(error) {
    this.timers.cancel()
    this._queue = []
    this.watches.forEach((watch) => watch._fail(error))
    this.watches.clear()
  }

  _next() {
    while (this._queue.length) {
      const update = this._queue[0]
      if (update.url) return void this._fetch(update)
      this._queue.shift()
      this._tell(update)
    }
  }

  /** What was too large for a frame. @param {Update} update */
  async _fetch(update) {
    const path = /** @type {string} */ (update.url)
    const again = () => this.timers.after('fetch', 1, () => this._fetch(update))
    let value
    try {
      value = await this._client.request('GET', path)
    } catch (error) {
      if (/** @type {any} */ (error).retryable) return again()
      value = null // it was removed meanwhile
    }
    if (this._queue[0] !== update) return
    delete update.url
    if (update.kind === 'result') update.data = value
    else update.result = value
    this._next()
  }

  /** @param {Update} update */
  _tell(update) {
    this.last = update
    const error = this._error(update)
    if (update.is_completed) this.timers.cancel('stale')
    this.watches.forEach((watch) => watch._give(update, error))
    if (update.is_completed) this._client._over(this)
  }

  /** @param {Update} update */
  _error(update) {
    if (update.kind !== 'error') return null
    return new JobError(update.error || ours('REFUSED'), this._client.lang, this.id, update)
  }

  _listen() {
    const after = this.held.state.stale_after
    if (!after || this.held.over) return
    const due = this._heard + after
    this.timers.limit('stale', due - this._client.platform.now(), () => {
      if (this._heard + after > due) this._listen()
      else this._say(true)
    })
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
  if (!back) return
  try {
    back(...values)
  } catch (error) {
    Promise.reject(error) // seen as an unhandled rejection
  }
}
