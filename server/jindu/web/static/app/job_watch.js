// One job that is looked at: its frames as they come, and what only HTTP tells: stages with their times, why it waits, its history.

import { board } from './board.js'
import { ask, jindu, standing } from './server.js'
import { Source } from './source.js'
import { titles } from './titles.js'

const LOOK_MS = 400 // least time between two looks at the stages
const GLANCE_MS = 1_500 // the same while it moves within a stage
const FEW = 50 // a look brings all partial results: with more than these it waits for the next stage
const WHY_MS = 3_000
const ID = /^[A-Za-z0-9_-]{1,64}$/

export class JobWatch extends Source {
  state = null // of the newest frame or snapshot
  facts = null // the last snapshot
  partial = new Map() // key -> {seq, data}
  result = undefined
  reasons = [] // why it does not move
  events = null
  error = null // why it cannot be shown
  stale = false
  #watch = null
  #due = Infinity
  #looked = -Infinity
  #timer = null
  #waiting = null
  #closed = false

  constructor(id) {
    super()
    this.id = id
    if (ID.test(id)) this.#open()
    else this.error = { status: 404, body: {} }
  }

  get path() {
    return `/v1/jobs/${encodeURIComponent(this.id)}`
  }

  close() {
    this.#closed = true
    this.#watch?.close()
    clearTimeout(this.#timer)
    clearTimeout(this.#waiting)
  }

  #open() {
    this.#watch = jindu.watch(this.id, {
      onUpdate: (update) => this.#moved(update),
      onPartial: (update) => this.#found(update),
      onDone: ({ result }) => {
        this.result = result
      },
      onError: (error) => error.update || this.#lost(error),
      onStale: (stale) => {
        this.stale = stale
        this.changed()
      },
    })
    this.look(0)
    this.#why()
  }

  #moved(update) {
    const { kind, job, key, data, percent, url, result, ...state } = update
    const entered = !this.facts || ['stage', 'attempt', 'status'].some((name) => this.facts[name] !== state[name])
    this.state = { ...this.state, ...state }
    if (entered) this.look()
    else if (this.partial.size <= FEW) this.look(GLANCE_MS)
    this.changed()
  }

  #found({ key, seq, data }) {
    this.partial.set(key, { seq, data })
    this.changed()
  }

  #lost(error) {
    if (!standing.refused(error, 'watches') || error.status === 403) this.error = error
    this.changed()
  }

  /** Look by HTTP, soon, and no more often than a person can see. */
  look(least = LOOK_MS) {
    if (this.#closed) return
    clearTimeout(this.#timer)
    const now = performance.now()
    this.#due = Math.max(now, Math.min(this.#due, this.#looked + least))
    this.#timer = setTimeout(() => this.#read(), this.#due - now)
  }

  async #read() {
    this.#looked = performance.now()
    this.#due = Infinity
    try {
      const body = await ask(this.path)
      if (!this.#closed) this.take(body)
    } catch (error) {
      if (error.status >= 400 && error.status < 500) this.#lost(error)
      else this.look(2_000)
    }
  }

  /** A snapshot, as an answer has it. */
  take(body) {
    titles.take(body.type, body.stages)
    board.take(body)
    this.error = null
    if (newer(body, this.facts)) this.facts = body
    if (newer(body, this.state)) this.state = { ...this.state, ...body }
    for (const part of body.partial) this.partial.has(part.key) || this.partial.set(part.key, part)
    if (body.status === 'completed') this.result = body.result
    if (this.events) this.history()
    this.changed()
  }

  /** The kept events, from the first on. */
  async history() {
    const events = []
    let after = 0
    do {
      const page = await ask(`${this.path}/events`, { after, limit: 1000 }).catch(() => null)
      if (!page || this.#closed) return
      events.push(...page.items.filter((event) => !['progress', 'result'].includes(event.kind)))
      after = page.next_after
    } while (after !== null && events.length < 5_000)
    this.events = events
    this.changed()
  }

  /** Ask why it does not move, as long as it may be asked. */
  async #why() {
    const over = () => this.#closed || this.state?.is_completed
    if (over()) return
    if (!document.hidden && this.state) {
      const why = await ask(`${this.path}/why`).catch(() => null)
      this.reasons = why?.reasons ?? []
      this.changed()
    }
    if (!over()) this.#waiting = setTimeout(() => this.#why(), this.state ? WHY_MS : WHY_MS / 10)
  }
}

/** Whether a snapshot is not older than what is held. */
const newer = (body, held) => !held || held.epoch !== body.epoch || body.seq >= held.seq
