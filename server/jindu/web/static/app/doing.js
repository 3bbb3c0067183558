// What a person may do to jobs.

import { board } from './board.js'
import { text } from './language.js'
import { attempt, notices } from './notices.js'
import { go } from './routing.js'
import { ask, jindu } from './server.js'
import { Source } from './source.js'

/** @returns the snapshot, undefined if it was not to be, or did not work */
export async function cancel(id) {
  const yes = await notices.ask({
    title: text('cancel_ask'), body: text('cancel_text'), yes: text('cancel_yes'), no: text('cancel_no'),
  })
  return yes ? attempt(() => jindu.cancel(id), text('cancel_done')) : undefined
}

/** Make the new job and show it. */
export async function retry(id, from) {
  const made = await attempt(() => jindu.retry(id, from && { from }), text('retry_done'))
  if (made) go(['jobs', made.id])
}

const AT_ONCE = 4
const OF = { cancel: ['pending', 'running'], retry: ['failed', 'cancelled'] }

/** One thing done to all jobs that fit, one after another; it can be stopped. */
class Bulk extends Source {
  what = null
  total = 0
  done = 0
  refused = 0
  #stopped = false

  get running() {
    return this.what !== null
  }

  stop() {
    this.#stopped = true
  }

  async run(what, filter) {
    if (this.running) return
    const ids = await attempt(() => fitting(what, filter))
    if (!ids) return
    if (!ids.length) return notices.say(text(`bulk_${what}_none`))
    const count = ids.length
    const yes = await notices.ask({
      title: text(`bulk_${what}_ask`, { count }), body: text(`bulk_${what}_text`), yes: text(`bulk_${what}_yes`, { count }),
      no: text('bulk_no'), kind: what === 'cancel' ? 'danger' : 'primary',
    })
    if (!yes) return
    Object.assign(this, { what, total: count, done: 0, refused: 0 })
    this.#stopped = false
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(what, ids)))
    notices.say(text(`bulk_${what}_done`, { done: this.done, refused: this.refused }), this.refused ? 'bad' : 'good')
    this.what = null
    this.now()
  }

  async #work(what, ids) {
    for (let id = ids.shift(); id && !this.#stopped; id = ids.shift()) {
      try {
        board.take(await jindu[what](id))
        this.done += 1
      } catch (error) {
        if (error.status === undefined) throw error
        this.refused += 1 // it has ended meanwhile, or this key may not
      }
      this.changed()
    }
  }
}

export const bulk = new Bulk()

/** The ids of all jobs of the store, not only of those that were read, that fit and can have it done. */
async function fitting(what, filter) {
  const statuses = OF[what].filter((status) => !filter.status || filter.status === status)
  const ids = []
  for (const status of statuses) {
    let cursor = null
    do {
      const page = await ask('/v1/jobs', { ...filter, status, limit: 1000, cursor })
      // What was retried once is not retried again, and what is being cancelled needs no second wish.
      ids.push(...page.items.filter((item) => !item.retried_by && !item.cancelling).map((item) => item.id))
      cursor = page.next_cursor
    } while (cursor)
  }
  return ids
}
