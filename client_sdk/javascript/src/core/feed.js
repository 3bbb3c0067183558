/** The live states of many jobs: `jobs`, or `owner:NAME`. A feed does not replay, so its list is read each time it begins. */

import { call } from './watch.js'

/** @import {JobItem} from '../../jindu-protocol.js' */
/** @import {JinduError} from './errors.js' */
/** @import {Client} from './client.js' */

/**
 * A job of a feed: of the head what is known, of the state the newest.
 * @typedef {Partial<JobItem> & {id: string, seq: number}} FeedJob
 *
 * `onJob`: new or moved, newest state; `onGone`: it was removed; `onReady`: the feed is live, and its list is read, again after
 * each break; `onReset`: all that is held is forgotten; `onError`: it may not be watched. `query` as of `list`.
 * @typedef {object} Feeding
 * @property {(job: FeedJob, isNew: boolean) => void} [onJob]
 * @property {(id: string) => void} [onGone]
 * @property {(page: {items: JobItem[], next_cursor: string|null}) => void} [onReady]
 * @property {() => void} [onReset]
 * @property {(error: JinduError) => void} [onError]
 * @property {Record<string, any>} [query]
 */

export class Feed {
  /**
   * @param {Client} client
   * @param {string} channel
   * @param {Feeding} on
   */
  constructor(client, channel, on) {
    this.channel = channel
    /** @type {Map<string, FeedJob>} all that was told or merged, and is not gone */
    this.jobs = new Map()
    this._client = client
    this._on = on
    this._closed = false
  }

  /** Take jobs of a list that was read elsewhere; what is known better stays. @param {JobItem[]} items */
  merge(items) {
    for (const item of items) this._take(item.id, item.seq, item)
  }

  /** No more is wanted of this job. @param {string} id */
  forget(id) {
    this.jobs.delete(id)
  }

  close() {
    this._closed = true
    this._client._unfeed(this)
  }

  /** The subscription stands: now the list closes the gap. */
  async _ready() {
    const owner = this.channel.startsWith('owner:') ? { owner: this.channel.slice(6) } : {}
    const page = await this._client.list({ ...owner, ...this._on.query }).catch(() => null)
    if (!page || this._closed) return
    this.merge(page.items)
    call(this._on.onReady, page)
  }

  /** @param {any} frame */
  _frame(frame) {
    if (frame.type === 'gone') {
      if (this.jobs.delete(frame.job)) call(this._on.onGone, frame.job)
    } else if (frame.state) this._take(frame.job, frame.seq, { ...frame.head, ...frame.state })
  }

  _reset() {
    this.jobs.clear()
    call(this._on.onReset)
  }

  /** @param {JinduError} error */
  _fail(error) {
    this._closed = true
    call(this._on.onError, error)
  }

  /** @param {string} id @param {number} seq @param {any} fields */
  _take(id, seq, fields) {
    const before = this.jobs.get(id)
    // An equal seq may bring what the feed leaves out: a list's item is fuller than a frame.
    if (before && (seq < before.seq || (seq === before.seq && !('created_at' in fields && !before.created_at)))) return
    const job = { ...before, ...fields, id, seq }
    this.jobs.set(id, job)
    call(this._on.onJob, job, !before)
  }
}
