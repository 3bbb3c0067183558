// What is held of the watched jobs across any number of connections, without I/O (PROTOCOL, Rules and Closing).
//
// * A frame is applied if and only if its seq is above the one held for that job. A snapshot is folded by the same rule.
// * Nothing counts on a connection before `hello`. A new epoch forgets seqs and results, never the jobs.
// * Feed frames move no cursor: they come out as they are, for the board.
// * Time is handed in, in seconds of any clock that never falls.

const PING = 20 // seconds between the server's pings until hello says otherwise
const PROVEN = 10 // seconds a link must have been live before the back-off starts anew
const LEAST = 0.5 // seconds: ceiling of the first wait
const MOST = 20 // seconds: ceiling of all
const JOB_FRAMES = new Set(['progress', 'result', 'complete', 'error'])
const ENDS = { completed: 'complete', failed: 'error', cancelled: 'error' }
const ADVICE = ['eta', 'queue', 'stale_after']
const STATE = [
  'status', 'stage', 'progress', 'is_completed', 'message', 'attempt', 'max_attempts', 'results', 'retry_at', 'cancelling',
  'updated_at', 'eta', 'queue', 'stale_after', 'result', 'result_url', 'error', 'reached',
]

/** What is known of one job. `history` counts how often all of it was forgotten; `heard` is when anything came about it. */
class Held {
  seq = 0
  state = {}
  results = new Map() // key -> {seq, key, data, url}
  over = false
  refused = null
  heard = null
  history = 0

  forget() {
    this.seq = 0
    this.state = {}
    this.results = new Map()
    this.history += 1
  }
}

export class Session {
  epoch = ''
  held = new Map()
  leaving = false
  #feeds
  #token
  #random
  #outgoing = []
  #ping = PING
  #heard = 0
  #helloAt = null
  #bye = null
  #refused = false
  #failures = 0

  constructor({ jobs = [], feeds = [], token = '', random = Math.random } = {}) {
    this.#feeds = feeds
    this.#token = token
    this.#random = random
    for (const job of jobs) this.held.set(job, new Held())
  }

  get live() {
    return this.#helloAt !== null
  }

  get deadAt() {
    return this.#heard + 2 * this.#ping + 5
  }

  get over() {
    return !this.#feeds.length && [...this.held.values()].every((held) => held.over)
  }

  /** Texts to send now; asked for once. */
  outgoing() {
    return this.#outgoing.splice(0)
  }

  watch(job) {
    this.held.set(job, new Held())
    if (this.live) this.#send({ type: 'subscribe', epoch: this.epoch, channels: { [`job:${job}`]: 0 } })
  }

  unwatch(job) {
    if (this.held.delete(job) && this.live) this.#send({ type: 'unsubscribe', channels: [`job:${job}`] })
  }

  opened(now) {
    this.#ping = PING
    this.#heard = now
    this.#drop()
    if (this.#token) this.#send({ type: 'auth', tokens: [this.#token] })
    this.subscribe()
  }

  /** Ask for everything from where it stands; harmless to repeat. */
  subscribe() {
    const channels = {}
    for (const feed of this.#feeds) channels[feed] = 0
    for (const [job, held] of this.held) if (!held.over) channels[`job:${job}`] = held.seq
    this.#send({ type: 'subscribe', epoch: this.epoch, channels })
  }

  /** One message; returns what came of it, in order. What cannot be read is still a sign of life. */
  received(text, now) {
    this.#heard = now
    let value
    try {
      value = JSON.parse(text)
    } catch {
      return []
    }
    const frames = Array.isArray(value) ? value : [value]
    return frames.flatMap((frame) => (frame && typeof frame === 'object' ? this.#frame(frame, now) : []))
  }

  /** The answer of `GET /v1/jobs/ID`: partial results above the held seq, then the state if it is newer. */
  snapshot(body, now = null) {
    const held = this.held.get(body.id)
    if (!held || held.over || !isSeq(body.seq)) return []
    this.#meet(body.epoch)
    const kept = (body.partial ?? []).filter((part) => isSeq(part?.seq)).sort((one, other) => one.seq - other.seq)
    const state = Object.fromEntries(STATE.filter((name) => name in body).map((name) => [name, body[name]]))
    // As in frames: a result that is the newest change carries the state, which comes with no seq of its own.
    const carried = (part) => (part.seq === body.seq ? { ...part, state } : part)
    const outputs = kept.flatMap((part) => this.#apply(body.id, held, { ...carried(part), type: 'result' }))
    const type = ENDS[state.status] ?? 'progress'
    outputs.push(...this.#apply(body.id, held, { type, seq: body.seq, state }))
    if (outputs.length || held.heard === null) held.heard = now
    return outputs
  }

  /** The link has ended. What to do: {stop: code}, {done: true} or {delay: seconds}. */
  closed(code, now) {
    const bye = this.#bye
    const refused = this.#refused
    const proven = this.#helloAt !== null && now - this.#helloAt >= PROVEN
    this.#drop()
    if (this.over) return { done: true }
    if (refused) return { stop: null }
    if (proven) this.#failures = 0
    const told = bye ? bye.code : code
    if (bye?.stop || (told >= 4000 && told < 4100)) return { stop: told }
    if (bye && bye.retry !== null) return { delay: bye.retry }
    if (told >= 4200 && told < 4300 && !this.#failures) {
      this.#failures = 1
      return { delay: 0 }
    }
    const ceiling = Math.min(MOST, LEAST * 2 ** Math.min(this.#failures, 10))
    this.#failures += 1
    return { delay: this.#random() * ceiling }
  }

  #drop() {
    this.#helloAt = this.#bye = null
    this.leaving = this.#refused = false
    this.#outgoing = []
  }

  #frame(frame, now) {
    if (frame.type === 'hello') return this.#hello(frame, now)
    if (frame.type === 'ping') this.#send({ type: 'pong' })
    else if (frame.type === 'bye') this.#goodbye(frame.code, frame)
    else if (frame.type === 'problem') return this.#problem(frame)
    else if (!this.live) return []
    else if (frame.type === 'subscribed') return [{ kind: 'subscribed', channels: frame.channels ?? {} }]
    else if (frame.feed) return [{ kind: 'feed', frame }]
    else return this.#jobFrame(frame, now)
    return []
  }

  #hello(frame, now) {
    if (typeof frame.ping === 'number' && frame.ping > 0) this.#ping = frame.ping
    const again = this.live
    if (!again) this.#helloAt = now
    if (this.#meet(frame.epoch) && again) this.subscribe()
    if (frame.auth === 'needed' && !this.#token) this.leaving = this.#refused = true
    return [{ kind: 'hello', now: frame.now, epoch: this.epoch }]
  }

  #goodbye(code, frame) {
    const retry = typeof frame.retry_ms === 'number' ? Math.max(0, frame.retry_ms / 1000) : null
    this.#bye = { code: Number.isInteger(code) ? code : 1000, retry, stop: frame.stop === true }
    this.leaving = true
  }

  #problem(frame) {
    const channel = String(frame.channel ?? '')
    const held = channel.startsWith('job:') ? this.held.get(channel.slice(4)) : undefined
    if (frame.temporary === true && ((held && !held.over) || this.#feeds.includes(channel))) {
      this.#goodbye(4100, { retry_ms: frame.retry_ms })
      return []
    }
    if (!held || held.over) return []
    held.over = true
    held.refused = frame
    return [{ kind: 'problem', job: channel.slice(4), code: frame.code }]
  }

  #jobFrame(frame, now) {
    const held = this.held.get(frame.job)
    if (!held || held.over) return []
    held.heard = now
    if (frame.type === 'reset') held.forget()
    else if (frame.type === 'hint') {
      for (const name of ADVICE) if (name in frame) held.state[name] = frame[name]
    } else if (JOB_FRAMES.has(frame.type)) return this.#apply(frame.job, held, frame)
    return []
  }

  #apply(job, held, frame) {
    const carries = frame.state !== null && typeof frame.state === 'object'
    if (!isSeq(frame.seq) || frame.seq <= held.seq || !(carries || frame.type === 'result')) return []
    held.seq = frame.seq
    if (carries) held.state = { ...frame.state }
    if (frame.type !== 'result') {
      held.over = frame.type !== 'progress'
      return [{ kind: frame.type, job, seq: frame.seq, state: held.state }]
    }
    if (frame.key === undefined || held.results.has(frame.key)) return []
    const entry = { seq: frame.seq, key: frame.key, data: frame.data, url: frame.data_url }
    held.results.set(frame.key, entry)
    return [{ kind: 'result', job, ...entry, state: held.state }]
  }

  /** Whether the epoch is another than the one held; then everything but the jobs is forgotten. */
  #meet(epoch) {
    if (typeof epoch !== 'string' || !epoch || epoch === this.epoch) return false
    for (const held of this.held.values()) if (!held.over) held.forget()
    this.epoch = epoch
    return true
  }

  #send(frame) {
    this.#outgoing.push(JSON.stringify(frame))
  }
}

function isSeq(value) {
  return Number.isInteger(value) && value > 0
}
