// All jobs that this page knows: lists read page by page, and the feed, which tells what moves; whichever is newer wins. A feed
// does not replay (PROTOCOL, Channels): each time it begins, what is shown is read again as far as it had been read.

import { feed } from '../sdk/feed.js'
import { ask, jindu, standing } from './server.js'
import { Source } from './source.js'
import { titles } from './titles.js'

const FIRST = 100
const PAGE = 1000
const MOST = 30_000 // jobs that are held; above it all but the newest are let go
const KEPT = 10_000
const POLL_MS = 2_000 // between two looks where no feed may be had

export class Board extends Source {
  #feed = null
  #order = [] // ids, newest first once sorted
  #placed = new Set() // those in it
  #sorted = true
  #lists = new Map() // filter as text -> how far it has been read
  #fresh = new Set() // ids the feed has spoken of since a page was asked for
  #reading = Promise.resolve() // pages are read one after another
  #wanted = [] // the filters that are shown

  constructor() {
    super()
    this.#follow('jobs')
  }

  get(id) {
    return this.#feed.jobs.get(id)
  }

  /** What fits, newest first; `whole`: there is no more of it, `failed`: it could not be read. */
  view(filter) {
    const list = this.#list(filter)
    this.#sort()
    const items = []
    for (const id of this.#order) {
      const item = this.#feed.jobs.get(id)
      if (item.created_at < list.horizon) break
      if (fits(item, filter)) items.push(item)
    }
    return { items, read: list.read, whole: list.whole, failed: list.failed }
  }

  /** The newest that are so, of what is known. */
  newest(most, wanted) {
    this.#sort()
    const found = []
    for (const id of this.#order) {
      const item = this.#feed.jobs.get(id)
      if (wanted(item)) found.push(item)
      if (found.length === most) break
    }
    return found
  }

  /** Show these filters: the first page of each is read if it was not. */
  show(...filters) {
    this.#wanted = filters
    for (const filter of filters) {
      const list = this.#list(filter)
      if (!list.read && !list.asked) this.#again(filter, FIRST)
    }
  }

  /** The next page, if there is one. */
  more(filter) {
    const list = this.#list(filter)
    if (list.whole || !list.read || list.asked) return
    if (list.cursor === null) this.#again(filter, PAGE) // where it went on was let go
    else {
      list.asked = true
      this.#queue(() => this.#page(filter, list, PAGE))
    }
  }

  /** What a snapshot tells. */
  take(item) {
    const { params, partial, result, stages, ...kept } = item
    this.#feed.merge([kept])
  }

  #follow(channel) {
    this.#feed?.close()
    const known = this.#feed ? [...this.#feed.jobs.values()] : []
    this.#feed = feed(jindu, channel, {
      query: { limit: 1 }, // only to be told when it begins
      onJob: (job) => this.#told(job),
      onGone: (id) => this.#gone(id),
      onReady: () => this.#began(),
      onReset: () => this.#forget(),
      onError: (error) => this.#refused(channel, error),
    })
    this.#feed.merge(known)
  }

  /** This key may not have the feed of all jobs: that of its owner, as far as the list tells who that is; else it is polled. */
  #refused(channel, error) {
    const status = error.code === 'UNAUTHORIZED' || error.status === 401 ? 401 : 403
    standing.refused({ status }, 'operates')
    if (status === 403) this.#poll(channel === 'jobs')
  }

  async #poll(seekOwner) {
    if (!document.hidden) await Promise.all(this.#wanted.map((filter) => this.#again(filter, FIRST)))
    const owner = seekOwner && this.newest(1, (item) => item.owner)[0]?.owner
    if (owner) this.#follow(`owner:${owner}`)
    else setTimeout(() => this.#poll(seekOwner), POLL_MS)
  }

  #began() {
    const wanted = this.#wanted.map((filter) => JSON.stringify(filter))
    for (const name of this.#lists.keys()) if (!wanted.includes(name)) this.#lists.delete(name)
    for (const filter of this.#wanted) this.#again(filter, FIRST)
  }

  #told(job) {
    this.#fresh.add(job.id)
    if (job.created_at && !this.#placed.has(job.id)) {
      this.#placed.add(job.id)
      this.#order.push(job.id)
      this.#sorted = false
      titles.learn(job)
      if (this.#placed.size > MOST) this.#trim()
    }
    this.changed()
  }

  /** A page that stays open for days holds the newest; older ones are read again when somebody goes there. */
  #trim() {
    this.#sort()
    const horizon = this.get(this.#order[KEPT - 1]).created_at
    for (const [name, list] of this.#lists) {
      if (list.horizon < horizon) this.#lists.set(name, { ...list, horizon, cursor: null, whole: false, asked: false })
    }
    this.#drop(new Set(this.#order.slice(KEPT)))
  }

  #gone(id) {
    this.#fresh.add(id)
    this.#drop(new Set([id]))
  }

  #forget() {
    this.#order = []
    this.#placed.clear()
    this.#lists.clear()
    this.changed()
  }

  #drop(ids) {
    if (!ids.size) return
    this.#order = this.#order.filter((id) => !ids.has(id))
    for (const id of ids) {
      this.#placed.delete(id)
      this.#feed.forget(id)
    }
    this.changed()
  }

  #sort() {
    if (this.#sorted) return
    const jobs = this.#feed.jobs
    this.#order.sort((one, other) => newestFirst(jobs.get(one), jobs.get(other)))
    this.#sorted = true
  }

  #list(filter) {
    const name = JSON.stringify(filter)
    if (!this.#lists.has(name)) {
      this.#lists.set(name, { cursor: null, horizon: '~', read: false, whole: false, failed: false, asked: false })
    }
    return this.#lists.get(name)
  }

  #queue(run) {
    this.#reading = this.#reading.then(run)
    return this.#reading
  }

  /** Read it from the top, as far as it had been read. */
  #again(filter, limit) {
    const list = this.#list(filter)
    list.asked = true
    return this.#queue(async () => {
      const until = list.horizon
      const top = { ...list, cursor: null, horizon: '~', whole: false }
      this.#fresh.clear()
      do {
        if (!(await this.#page(filter, top, list.read ? PAGE : limit))) break
      } while (!top.whole && list.read && top.horizon > until)
      if (!top.failed) Object.assign(list, { ...top, read: true })
      Object.assign(list, { failed: top.failed, asked: false })
      this.changed()
    })
  }

  /** One page; what the list does not know any more goes. Returns whether it came. */
  async #page(filter, list, limit) {
    try {
      const page = await ask('/v1/jobs', { ...filter, limit, cursor: list.cursor })
      const from = list.horizon
      list.horizon = page.next_cursor ? page.items.at(-1).created_at : ''
      Object.assign(list, { cursor: page.next_cursor, whole: !page.next_cursor, failed: false, asked: false, read: true })
      this.#swept(page.items, filter, from, list.horizon)
      this.#feed.merge(page.items)
    } catch (error) {
      standing.refused(error, 'lists')
      Object.assign(list, { failed: true, asked: false })
    }
    this.changed()
    return !list.failed
  }

  #swept(items, filter, from, to) {
    const listed = new Set(items.map((item) => item.id))
    const missing = this.#order.filter((id) => {
      const item = this.#feed.jobs.get(id)
      const within = item.created_at > to && item.created_at < from
      return within && !listed.has(id) && !this.#fresh.has(id) && fits(item, filter)
    })
    this.#drop(new Set(missing))
  }
}

export const board = new Board()

/** Whether the server would list it under this filter (HTTP_API: q is the beginning of an id, a tag or a type). */
function fits(item, filter) {
  for (const name in filter) if (filter[name] && !FITS[name](item, filter[name])) return false
  return true
}

const same = (name) => (item, value) => item[name] === value
const tagged = (item, tag) => item.tags?.includes(tag) ?? false
const FITS = {
  status: same('status'),
  type: same('type'),
  owner: same('owner'),
  batch: same('batch'),
  tag: tagged,
  q: (item, q) => item.id.startsWith(q) || item.type === q || tagged(item, q),
}

function newestFirst(one, other) {
  if (one.created_at !== other.created_at) return one.created_at < other.created_at ? 1 : -1
  return one.id < other.id ? 1 : -1
}
