/** What a user holds: commands by HTTP, and watches over one link. */

import { Backoff } from './closing.js'
import { JinduError, JobError, ours } from './errors.js'
import { Feed } from './feed.js'
import { Held, Holdings, idOf } from './held.js'
import { Http } from './http.js'
import { Ladder } from './ladder.js'
import { Link } from './link.js'
import { Timers } from './platform.js'
import { Watch, Watched, call } from './watch.js'
import { iterate } from './iterate.js'

/** @import {Accepted, AcceptedBatch, JobPage, Snapshot, SubmitBody} from '../../jindu-protocol.js' */
/** @import {Output, Update} from './held.js' */
/** @import {Asked, GetToken} from './http.js' */
/** @import {Lang} from './errors.js' */
/** @import {LinkState} from './link.js' */
/** @import {Platform} from './platform.js' */
/** @import {Transport} from './path.js' */
/** @import {Verdict} from './closing.js' */
/** @import {Watching} from './watch.js' */
/** @import {Feeding} from './feed.js' */

/**
 * `getToken`: a key or token, asked for at every connection; `transports`: which, best first; `lang`: of texts for people.
 * @typedef {object} ClientOptions
 * @property {string} [baseUrl]
 * @property {GetToken} [getToken]
 * @property {string[]} [transports]
 * @property {Lang} [lang]
 */

const KEPT = 60 // seconds that what nobody watches any more is held, in case somebody comes back

export class Client {
  /**
   * @param {Platform} platform
   * @param {Record<string, Transport>} transports
   * @param {ClientOptions & {baseUrl: string}} options
   */
  constructor(platform, transports, { baseUrl, getToken, transports: wished, lang }) {
    this.platform = platform
    /** @type {Lang} */
    this.lang = lang || platform.lang
    this._http = new Http(platform, baseUrl, getToken, this.lang)
    this._held = new Holdings()
    /** @type {Map<string, Watched>} */
    this._watched = new Map()
    /** @type {Set<Feed>} */
    this._feeds = new Set()
    /** @type {Array<(state: LinkState, transport: string|null) => void>} */
    this._listeners = []
    this._timers = new Timers(platform)
    const rungs = (wished || platform.transports).filter((name) => transports[name])
    const way = {
      platform,
      http: this._http,
      held: this._held,
      ladder: new Ladder(rungs, platform.storage, `jindu ${this._http.base}`),
      backoff: new Backoff(platform.random),
      etags: new Map(),
    }
    this._link = new Link(way, transports, {
      state: (state, transport) => this._listeners.forEach((listen) => call(listen, state, transport)),
      outputs: (outputs) => outputs.forEach((output) => this._output(output)),
      stop: (verdict, problem) => this._stop(verdict, problem),
    })
  }

  /** idle, connecting, live, suspect, waiting, paused or closed. */
  get state() {
    return this._link.state
  }

  /** ws, stream, longpoll or poll while live; else null. */
  get transport() {
    return this._link.transport
  }

  /**
   * Start a job. However often the request has to be repeated, it is one job.
   * @param {string} type
   * @param {Record<string, unknown>} [params]
   * @param {Omit<SubmitBody, 'type'|'params'> & {key?: string}} [options]
   * @returns {Promise<Accepted>}
   */
  submit(type, params = {}, { key, ...options } = {}) {
    return this._http.ask('POST', '/v1/jobs', { body: { type, params, ...options }, headers: this._key(key) })
  }

  /**
   * Start many jobs at once; watch them together as `batch:ID`.
   * @param {Array<{type: string, params?: Record<string, unknown>}>} jobs
   * @param {{atomic?: boolean, owner?: string, key?: string}} [options]
   * @returns {Promise<AcceptedBatch>}
   */
  submitMany(jobs, { key, ...options } = {}) {
    return this._http.ask('POST', '/v1/batches', { body: { jobs, ...options }, headers: this._key(key) })
  }

  /**
   * Watch a job, or `batch:ID`.
   * @param {string} id
   * @param {Watching} [on]
   * @returns {Watch}
   */
  watch(id, on = {}) {
    const job = idOf(id)
    const watched = this._hold(job, id.startsWith('batch:') ? id : `job:${job}`, on.pace || this.platform.pace)
    const watch = new Watch(job, on, (one) => this._leave(watched, one))
    // In a moment, when the caller holds the watch; until then it is told nothing else.
    Promise.resolve().then(() => {
      if (this._link.state === 'closed') return watch._fail(new JobError(ours('CLOSED'), this.lang, job))
      watched.watches.add(watch)
      watched.replay(watch)
      if (watched.held.over) this._leave(watched, watch)
      else if (!watched.held.wanted) watched.watches.delete(watch)
    })
    return watch
  }

  /**
   * The updates of a job, to its end: `for await (const update of jindu.iterate(id))`. Throws a JobError where `result` rejects.
   * Who is slower than the job gets the newest progress, and every partial result.
   * @param {string} id
   * @param {{pace?: number}} [options]
   * @returns {AsyncIterableIterator<Update>}
   */
  iterate(id, options) {
    return iterate(this, id, options)
  }

  /**
   * Watch the live states of many jobs: `jobs` (operators), or `owner:NAME`.
   * @param {string} channel
   * @param {Feeding} [on]
   * @returns {Feed}
   */
  feed(channel, on = {}) {
    const feed = new Feed(this, channel, on)
    const first = !this._held.feeds.has(channel)
    this._feeds.add(feed)
    this._held.feeds.set(channel, on.query || {})
    if (!first) feed._ready()
    this._link.changed()
    return feed
  }

  /** @param {string} id @returns {Promise<Snapshot>} */
  status(id) {
    return this.request('GET', `/v1/jobs/${encodeURIComponent(id)}`)
  }

  /** @param {Record<string, any>} [query] status, type, owner, tag, q, batch, limit, cursor @returns {Promise<JobPage>} */
  list(query) {
    return this.request('GET', '/v1/jobs', { query })
  }

  /** @param {string} id @param {string} [reason] @returns {Promise<Snapshot>} */
  cancel(id, reason) {
    return this.request('POST', `/v1/jobs/${encodeURIComponent(id)}/cancel`, reason ? { body: { reason } } : {})
  }

  /** A new job from one that failed or was cancelled. @param {string} id @param {{from?: 'start'}} [options] @returns {Promise<Snapshot>} */
  retry(id, options) {
    return this.request('POST', `/v1/jobs/${encodeURIComponent(id)}/retry`, options ? { body: options } : {})
  }

  /**
   * Any other call. Repeated while the server cannot be reached, so only for what may be repeated.
   * @param {string} method
   * @param {string} path from the server's root, as /v1/types
   * @param {Asked} [asked]
   * @returns {Promise<any>} the value of the answer; rejects with a RequestError
   */
  request(method, path, asked) {
    return this._http.ask(method, path, asked)
  }

  /**
   * @param {'state'} event
   * @param {(state: LinkState, transport: string|null) => void} listen
   * @returns {() => void} ends it
   */
  on(event, listen) {
    if (event === 'state') this._listeners.push(listen)
    return () => void (this._listeners = this._listeners.filter((one) => one !== listen))
  }

  /** End all watches; nothing more is told. Jobs go on. */
  close() {
    this._timers.cancel()
    this._link.close()
    this._failAll(ours('CLOSED'))
  }

  /** @param {string} [key] */
  _key(key) {
    let made = key || ''
    while (made.length < 32) made += Math.floor(this.platform.random() * 65536).toString(16)
    return { 'Idempotency-Key': key || made }
  }

  /** @param {string} id @param {string} channel @param {number|undefined} pace @returns {Watched} */
  _hold(id, channel, pace) {
    this._timers.cancel(id)
    let watched = this._watched.get(id)
    if (!watched) {
      const held = new Held(channel, pace)
      watched = new Watched(this, held, id)
      this._watched.set(id, watched)
      this._held.jobs.set(id, held)
    } else if (!watched.held.wanted) watched.held.pace = pace
    watched.held.wanted = true
    this._link.changed()
    return watched
  }

  /** @param {Watched} watched @param {Watch} watch */
  _leave(watched, watch) {
    watched.watches.delete(watch)
    if (watched.watches.size || this._watched.get(watched.id) !== watched) return
    watched.held.wanted = false
    watched.timers.cancel('stale')
    this._timers.after(watched.id, KEPT, () => this._forget(watched))
    this._link.changed()
  }

  /** The end was told. @param {Watched} watched */
  _over(watched) {
    watched.watches.forEach((watch) => this._leave(watched, watch))
  }

  /** @param {Watched} watched */
  _forget(watched) {
    this._watched.delete(watched.id)
    this._held.jobs.delete(watched.id)
  }

  /** @param {Feed} feed */
  _unfeed(feed) {
    this._feeds.delete(feed)
    if (![...this._feeds].some((one) => one.channel === feed.channel)) this._held.feeds.delete(feed.channel)
    this._link.changed()
  }

  /** @param {Output} output */
  _output(output) {
    if (output.kind === 'subscribed') {
      this._feeds.forEach((feed) => feed.channel in output.channels && feed._ready())
    } else if (output.kind === 'feed') this._feeds.forEach((feed) => feed._frame(output.frame))
    else if (output.kind === 'epoch') this._feeds.forEach((feed) => feed._reset())
    else this._outputOf(output)
  }

  /** @param {any} output */
  _outputOf(output) {
    const watched = this._watched.get(output.job)
    if (output.kind === 'problem') this._refused(output, watched)
    else if (watched && output.kind === 'heard') watched.heard()
    else if (watched) watched.take(output)
    if (output.kind !== 'heard' && output.kind !== 'progress') this._link.changed()
  }

  /** @param {any} output @param {Watched|undefined} watched */
  _refused(output, watched) {
    if (watched) {
      this._forget(watched)
      watched.fail(new JobError(output.frame, this.lang, output.job))
    }
    this._feeds.forEach((feed) => {
      if (feed.channel !== output.channel) return
      feed._fail(new JinduError(output.frame, this.lang))
      this._unfeed(feed)
    })
  }

  /** The server will not have us: 4000 to 4099. @param {Verdict} verdict @param {any} problem */
  _stop(verdict, problem) {
    const code = verdict.stop
    const name = code === 4009 || verdict.why === 'token' ? 'UNAUTHORIZED' : code === 4003 ? 'FORBIDDEN' : 'REFUSED'
    this._failAll(problem || { ...ours(name), detail: `${code}: ${verdict.why}` })
    this._link.changed()
  }

  /** @param {any} body */
  _failAll(body) {
    for (const watched of [...this._watched.values()]) {
      this._forget(watched)
      watched.fail(new JobError(body, this.lang, watched.id))
    }
    for (const feed of [...this._feeds]) {
      feed._fail(new JinduError(body, this.lang))
      this._unfeed(feed)
    }
  }
}
