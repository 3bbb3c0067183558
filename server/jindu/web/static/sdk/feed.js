/** The live states of many jobs: `jobs`, or `owner:NAME`. A feed does not replay, so its list is read each time it begins. */

import { JobError } from './core/errors.js'
import { call } from './core/watch.js'

/** @import {JobItem, JobPage} from '../jindu-protocol.js' */
/** @import {Client} from './core/client.js' */

/**
 * A job of a feed: of the head what is known, of the state the newest.
 * @typedef {Partial<JobItem> & {id: string, seq: number}} FeedJob
 *
 * `onJob`: new or moved, newest state; `onGone`: it was removed; `onReady`: the feed is live, and its list is read, again after
 * each break; `onReset`: all that is held is forgotten; `onError`: it may not be watched. `query` as of `list`.
 * @typedef {object} Feeding
 * @property {(job: FeedJob, isNew: boolean) => void} [onJob]
 * @property {(id: string) => void} [onGone]
 * @property {(page: JobPage) => void} [onReady]
 * @property {() => void} [onReset]
 * @property {(error: JobError) => void} [onError]
 * @property {Record<string, any>} [query]
 */

const LISTS = 2000 // milliseconds between looks at the list, where a feed cannot be had

/** Watch many jobs. @param {Client} client @param {string} channel @param {Feeding} [on] @returns {Feed} */
export const feed = (client, channel, on) => new Feed(client, channel, on)

export class Feed {
  /**
   * @param {Client} client
   * @param {string} channel
   * @param {Feeding} [on]
   */
  constructor(client, channel, on = {}) {
    this.channel = channel
    /** @type {Map<string, FeedJob>} all that was told or merged, and is not gone */
    this.jobs = new Map()
    this._client = client
    this._on = on
    this._ended = false
    /** @type {any} */
    this._timer = null
    this._untap = client.tap(channel, (output) => this._take(output))
    this._unlisten = client.on('state', (state, transport) => this._poll(transport))
    this._poll(client.transport)
  }

  /** Take jobs of a list that was read elsewhere; what is known better stays. @param {JobItem[]} items */
  merge(items) {
    for (const item of items) this._merge(item.id, item.seq, item)
  }

  /** No more is wanted of this job. @param {string} id */
  forget(id) {
    this.jobs.delete(id)
  }

  close() {
    this._ended = true
    this._client.platform.clearTimer(this._timer)
    this._untap()
    this._unlisten()
  }

  /** Long-poll and poll have no feeds: there the list is read again and again. @param {string|null} transport */
  _poll(transport) {
    const { setTimer, clearTimer } = this._client.platform
    clearTimer(this._timer)
    if (this._ended || !transport || !/poll$/.test(transport)) return
    this._list().then(() => {
      clearTimer(this._timer)
      this._timer = setTimer(LISTS, () => this._poll(this._client.transport))
    })
  }

  async _list() {
    const owner = this.channel.startsWith('owner:') ? { owner: this.channel.slice(6) } : {}
    const page = await this._client.list({ ...owner, ...this._on.query }).catch((error) => this._refused(error))
    if (!page || this._ended) return
    this.merge(page.items)
    call(this._on.onReady, page)
  }

  /** @param {JobError} error @returns {null} */
  _refused(error) {
    if (!error.retryable && [401, 403].includes(error.status)) this._fail(error)
    return null
  }

  /** @param {any} output */
  _take({ kind, channels, channel, frame }) {
    if (kind === 'subscribed' && this.channel in channels) this._list()
    else if (kind === 'feed') this._frame(frame)
    else if (kind === 'epoch') {
      this.jobs.clear()
      call(this._on.onReset)
    } else if (kind === 'problem' && (!channel || channel === this.channel)) this._fail(new JobError(frame, this._client.lang))
  }

  /** @param {any} frame */
  _frame(frame) {
    if (frame.type === 'gone') {
      if (this.jobs.delete(frame.job)) call(this._on.onGone, frame.job)
    } else if (frame.state) this._merge(frame.job, frame.seq, { ...frame.head, ...frame.state })
  }

  /** @param {JobError} error */
  _fail(error) {
    if (this._ended) return
    this.close()
    call(this._on.onError, error)
  }

  /** @param {string} id @param {number} seq @param {any} fields */
  _merge(id, seq, fields) {
    const before = this.jobs.get(id)
    // An equal seq may bring what a frame leaves out: an item of a list is fuller.
    const fuller = before && seq === before.seq && fields.created_at && !before.created_at
    if (before && seq <= before.seq && !fuller) return
    const job = { ...before, ...fields, id, seq }
    this.jobs.set(id, job)
    call(this._on.onJob, job, !before)
  }
}
