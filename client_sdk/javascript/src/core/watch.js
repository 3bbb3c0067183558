/** One watched job or batch, and those who watch it. */

import { Held } from './held.js'
import { JobError } from './errors.js'
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
    /** @type {JobError|undefined} */
    this.error = undefined
    /** Watch no more. The job goes on. */
    this.close = () => close(this)
    this._on = on
    /** @type {(update: Update) => void} */
    this._resolve = () => {}
    /** @type {(error: JobError) => void} */
    this._reject = () => {}
    /** The last update once the job has completed; rejects with a JobError. @type {Promise<Update>} */
    this.result = new Promise((resolve, reject) => {
      this._resolve = resolve
      this._reject = reject
    })
    this.result.catch(() => {}) // who does not look at it is told by `onError`
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
      this._resolve(update)
    }
  }

  /** @param {JobError} error */
  _fail(error) {
    this.error = error
    if (this.state !== 'final') this.state = 'gone'
    call(this._on.onError, error)
    this._reject(error)
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
    this._timers = new Timers(client.platform)
    /** @type {Update[]} what waits for large data to be fetched */
    this._queue = []
  }

  /** @override */
  heard() {
    if (this._stale) this._say(false)
    const after = this.state.stale_after
    if (after && this.wanted) this._timers.after('', after, () => this._say(true), after)
  }

  /** @param {Watch} watch tell a newcomer what is held */
  replay(watch) {
    const last = this._last
    this.results.forEach((update) => this._queue.includes(update) || watch._give(update, null))
    if (last && watch.current !== last) watch._give(last, this._error(last))
  }

  /** @param {Update} update */
  async take(update) {
    const queue = this._queue
    if (queue.push(update) > 1) return
    for (; (update = queue[0]); queue.shift()) {
      if (update.url) await this._fetch(update, update.url)
      this._last = update
      this.watches.forEach((watch) => watch._give(update, this._error(update)))
      if (update.is_completed) this.watches.forEach((watch) => watch.close())
    }
  }

  /** It cannot be watched. @param {any} body */
  fail(body) {
    this.rest()
    this.watches.forEach((watch) => watch._fail(new JobError(body, this._client.lang, this.id)))
    this.watches.clear()
  }

  /** Nobody watches it. */
  rest() {
    this.wanted = this.asked = false
    this._timers.cancel()
  }

  /** What was too large for a frame; null if it was removed meanwhile. @param {Update} update @param {string} url */
  async _fetch(update, url) {
    update[update.kind === 'result' ? 'data' : 'result'] = await this._client.fetch(url)
  }

  /** @param {Update} update */
  _error(update) {
    return update.kind === 'error' ? new JobError(update.error, this._client.lang, this.id, 0, update) : null
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
