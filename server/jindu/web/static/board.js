// The list of jobs, without I/O: pages by HTTP and frames of a feed, folded into one (PROTOCOL, Channels).
// A feed does not replay, so a page is asked for after `subscribed`; whichever is newer wins for each job.

export class Board {
  items = new Map() // id -> the item as the list has it
  #epoch = ''
  #fresh = new Set() // ids the feed has spoken of since it was last subscribed

  /** Another epoch: the jobs stay, but any seq counts again. */
  meet(epoch) {
    if (!epoch || epoch === this.#epoch) return
    for (const item of this.items.values()) item.seq = 0
    this.#epoch = epoch
  }

  /** A page will be asked for now: what the feed says from here on is newer than what the page leaves out. */
  began() {
    this.#fresh.clear()
  }

  feed(frame) {
    if (frame.type === 'gone') {
      this.#fresh.add(frame.job)
      this.items.delete(frame.job)
      return
    }
    const held = this.items.get(frame.job)
    if (!frame.state || (!held && !frame.head) || (held && frame.seq <= held.seq)) return
    this.#fresh.add(frame.job)
    this.items.set(frame.job, { ...held, ...frame.head, ...frame.state, id: frame.job, seq: frame.seq })
  }

  /** A page, newest first. `from` is the created_at of the last item of the page before, null for the first page. */
  page(listed, filter, { from = null, last = false } = {}) {
    if (listed.length) this.meet(listed[0].epoch)
    const ids = new Set(listed.map((item) => item.id))
    const to = last || !listed.length ? '' : listed.at(-1).created_at
    for (const [id, item] of this.items) {
      const within = item.created_at > to && (from === null || item.created_at < from)
      if (within && !ids.has(id) && !this.#fresh.has(id) && fits(item, filter)) this.items.delete(id)
    }
    for (const item of listed) this.#put(item)
  }

  /** What a snapshot tells of a job that is listed. */
  snapshot(body) {
    if (this.items.has(body.id)) this.#put(body)
  }

  /** The newest `limit` that fit the filter. */
  shown(filter, limit) {
    const fitting = [...this.items.values()].filter((item) => fits(item, filter))
    return fitting.sort(newestFirst).slice(0, limit)
  }

  types() {
    return [...new Set([...this.items.values()].map((item) => item.type))].sort()
  }

  #put(item) {
    const held = this.items.get(item.id)
    if (held && item.seq <= held.seq) return
    const { params, partial, result, stages, ...kept } = item
    this.items.set(item.id, kept)
  }
}

function fits(item, { status, type }) {
  return (!status || item.status === status) && (!type || item.type === type)
}

function newestFirst(one, other) {
  if (one.created_at !== other.created_at) return one.created_at < other.created_at ? 1 : -1
  return one.id < other.id ? 1 : -1
}
