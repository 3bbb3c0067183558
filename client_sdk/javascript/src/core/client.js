/** What a user holds: commands by HTTP, and watches over one link. */

import { Backoff } from './closing.js'
import { JobError, ours } from './errors.js'
import { Holdings, idOf } from './held.js'
import { Http } from './http.js'
import { iterate } from './iterate.js'
import { Ladder } from './ladder.js'
import { Link } from './link.js'
import { Timers } from './platform.js'
import { Watch, Watched, call } from './watch.js'

/** @import {Accepted, AcceptedBatch, JobPage, Snapshot, SubmitBody} from '../../jindu-protocol.js' */
/** @import {Output, Update} from './held.js' */
/** @import {Asked, GetToken} from './http.js' */
/** @import {Lang} from './errors.js' */
/** @import {LinkState} from './link.js' */
/** @import {Platform} from './platform.js' */
/** @import {Transport} from './path.js' */
/** @import {Verdict} from './closing.js' */
/** @import {Watching} from './watch.js' */

/**
 * `getToken`: a key or token, asked for at every connection; `transports`: which, best first; `lang`: of texts for people.
 * @typedef {object} ClientOptions
 * @property {string} [baseUrl]
 * @property {GetToken} [getToken]
 * @property {string[]} [transports]
 * @property {Lang} [lang]
 *
 * @typedef {(state: LinkState, transport: string|null) => void} Listener
 */

const KEPT = 60 // seconds that what nobody watches any more is held, in case somebody comes back
const JOBS = '/v1/jobs'

export class Client extends Link {
  /**
   * @param {Platform} platform
   * @param {Record<string, Transport>} transports
   * @param {ClientOptions & {baseUrl: string}} options
   */
  constructor(platform, transports, { baseUrl, getToken, transports: wished = platform.transports, lang = platform.lang }) {
    const http = new Http(platform, baseUrl, getToken, lang)
    const held = new Holdings()
    const rungs = wished.filter((name) => transports[name])
    const ladder = new Ladder(rungs, platform.storage, `jindu ${http.base}`)
    super({ platform, http, held, ladder, backoff: new Backoff(platform.random) }, transports)
    this.platform = platform
    /** @type {Lang} */
    this.lang = lang
    this._http = http
    this._held = held
    /** @type {Set<Listener>} */
    this._listeners = new Set()
    /** @type {Set<(output: any) => void>} who hears what is not about watched jobs */
    this._taps = new Set()
    this._keeping = new Timers(platform)
  }

  /**
   * Start a job. However often the request has to be repeated, it is one job.
   * @param {string} type
   * @param {Record<string, unknown>} [params]
   * @param {Omit<SubmitBody, 'type'|'params'> & {key?: string}} [options]
   * @returns {Promise<Accepted>}
   */
  submit(type, params = {}, { key, ...options } = {}) {
    return this._post(JOBS, key, { type, params, ...options })
  }

  /**
   * Start many jobs at once; watch them together as `batch:ID`.
   * @param {Array<{type: string, params?: Record<string, unknown>}>} jobs
   * @param {{atomic?: boolean, owner?: string, key?: string}} [options]
   * @returns {Promise<AcceptedBatch>}
   */
  submitMany(jobs, { key, ...options } = {}) {
    return this._post('/v1/batches', key, { jobs, ...options })
  }

  /**
   * Watch a job, or `batch:ID`.
   * @param {string} id
   * @param {Watching} [on]
   * @returns {Watch}
   */
  watch(id, on = {}) {
    const watched = this._hold(id, on.pace || this.platform.pace)
    const watch = new Watch(watched.id, on, (one) => this._leave(watched, one))
    watched.watches.add(watch)
    // In a moment, when the caller holds the watch.
    Promise.resolve().then(() => {
      if (this.state === 'closed') watch._fail(new JobError(ours('CLOSED'), this.lang, watched.id))
      else if (watched.watches.has(watch)) watched.replay(watch)
      if (watched.over) this._leave(watched, watch)
    })
    return watch
  }

  /**
   * The updates of a job, to its end: `for await (const update of jindu.iterate(id))`. Throws a JobError where `result` rejects.
   * Who is slower than the job gets the newest progress, and every partial result.
   * @param {string} id
   * @param {{pace?: number}} [options]
   * @returns {AsyncGenerator<Update, void>}
   */
  iterate(id, options) {
    return iterate(this, id, options)
  }

  /**
   * Hear a channel as it is: outputs `feed` (with the frame), `subscribed`, `epoch`, `problem`. For `feed`, and the curious.
   * @param {string} channel `jobs` or `owner:NAME`
   * @param {(output: any) => void} take
   * @returns {() => void} ends it
   */
  tap(channel, take) {
    const tap = (/** @type {any} */ output) => take(output)
    this._taps.add(tap)
    this._held.feeds.add(channel)
    this._changed()
    return () => {
      this._taps.delete(tap)
      this._held.feeds.delete(channel)
      this._changed()
    }
  }

  /** @param {string} id @returns {Promise<Snapshot>} */
  status(id) {
    return this.request('GET', `${JOBS}/${id}`)
  }

  /** @param {Record<string, any>} [query] status, type, owner, tag, q, batch, limit, cursor @returns {Promise<JobPage>} */
  list(query) {
    return this.request('GET', JOBS, { query })
  }

  /** @param {string} id @param {string} [reason] @returns {Promise<Snapshot>} */
  cancel(id, reason) {
    return this.request('POST', `${JOBS}/${id}/cancel`, { body: reason && { reason } })
  }

  /** A new job from one that failed or was cancelled. @param {string} id @param {{from?: 'start'}} [body] @returns {Promise<Snapshot>} */
  retry(id, body) {
    return this.request('POST', `${JOBS}/${id}/retry`, { body })
  }

  /**
   * Any other call. Repeated while the server cannot be reached, for `patience` seconds; 0 for what must not be done twice.
   * @param {string} method
   * @param {string} path from the server's root, as /v1/types
   * @param {Asked & {patience?: number}} [asked]
   * @returns {Promise<any>} the value of the answer; rejects with a JobError
   */
  request(method, path, { patience, ...asked } = {}) {
    return this._http.ask(method, path, asked, patience)
  }

  /**
   * @param {'state'} event
   * @param {Listener} listen
   * @returns {() => void} ends it
   */
  on(event, listen) {
    this._listeners.add(listen)
    return () => this._listeners.delete(listen)
  }

  /** End all watches; nothing more is told. Jobs go on. @override */
  close() {
    super.close()
    this._keeping.cancel()
    this._fail(ours('CLOSED'))
  }

  /** What a frame only names: asked for until it is there; null if it was removed. @param {string} path @returns {Promise<any>} */
  fetch(path) {
    return this._http.ask('GET', path, {}, Infinity).catch(() => null)
  }

  /** @param {string} path @param {string|undefined} key @param {any} body */
  _post(path, key, body) {
    const random = () => this.platform.random().toString(36).slice(2)
    return this.request('POST', path, { body, headers: { 'Idempotency-Key': key || random() + random() + random() } })
  }

  /** @param {string} channel @param {number|undefined} pace @returns {Watched} */
  _hold(channel, pace) {
    const id = idOf(channel)
    this._keeping.cancel(id)
    const found = /** @type {Watched|undefined} */ (this._held.jobs.get(id))
    const watched = found || new Watched(this, id === channel ? `job:${id}` : channel, pace)
    watched.wanted = true
    this._held.jobs.set(id, watched)
    this._changed()
    return watched
  }

  /** @param {Watched} watched @param {Watch} watch */
  _leave(watched, watch) {
    watched.watches.delete(watch)
    if (watched.watches.size) return
    watched.rest()
    this._keeping.after(watched.id, KEPT, () => this._held.jobs.delete(watched.id))
    this._changed()
  }

  /** @override @param {Output[]} outputs */
  _take(outputs) {
    for (const output of outputs) {
      const watched = /** @type {Watched|undefined} */ (this._held.jobs.get(/** @type {any} */ (output).job))
      if (output.kind === 'problem' && watched) this._gone(watched, output.frame)
      else if (watched) watched.take(/** @type {Update} */ (output))
      else this._taps.forEach((tap) => tap(output))
    }
  }

  /** @override */
  _told() {
    this._listeners.forEach((listen) => call(listen, this.state, this.transport))
  }

  /** @override @param {Verdict} verdict @param {any} problem */
  _stop({ stop, why }, problem) {
    const name = stop === 4003 ? 'FORBIDDEN' : stop === 4009 || !why ? 'UNAUTHORIZED' : 'CLOSED'
    this._fail(problem || { ...ours(name), detail: `${stop} ${why}` })
    this._changed()
  }

  /** @param {any} frame */
  _fail(frame) {
    this._held.jobs.forEach((watched) => this._gone(/** @type {Watched} */ (watched), frame))
    this._taps.forEach((tap) => tap({ kind: 'problem', frame }))
    this._held.feeds.clear()
  }

  /** @param {Watched} watched @param {any} body */
  _gone(watched, body) {
    this._keeping.cancel(watched.id)
    this._held.jobs.delete(watched.id)
    watched.fail(body)
    this._changed()
  }
}
