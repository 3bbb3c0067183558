/**
 * What a client holds of all that it watches, over any number of connections and transports (PROTOCOL, Rules).
 *
 * - A frame is applied if and only if its seq is above the one held for that job. A snapshot is folded by the same rule.
 * - A new epoch forgets seqs and results, never the jobs. What has ended stays ended.
 * - Frames of feeds move no cursor.
 */

/** @import {State, ErrorBody} from '../../jindu-protocol.js' */

/**
 * One thing that happened to a job, with the state it is in now. `percent` is what a bar draws: of what failed or was
 * cancelled, how far it had come. `key` and `data` are of a partial result.
 * @typedef {Partial<State> & {
 *   kind: 'progress'|'result'|'complete'|'error',
 *   job: string,
 *   seq: number,
 *   percent: number,
 *   key?: string|number,
 *   data?: any,
 *   result?: any,
 *   error?: ErrorBody|null,
 *   reached?: number|null,
 *   url?: string,
 * }} Update
 *
 * What comes out of what came in. `problem`: the server refuses to say anything about this channel.
 * @typedef {Update
 *   | {kind: 'problem', channel: string, job: string, code: string, frame: any}
 *   | {kind: 'subscribed', channels: Record<string, number>}
 *   | {kind: 'feed', frame: any}
 *   | {kind: 'epoch'}} Output
 */

const ENDS = /** @type {Record<string, string>} */ ({ completed: 'complete', failed: 'error', cancelled: 'error' })
const FREE = 10 // frames a second: more than this nobody gets
const WINDOW = 150 // jobs asked for at once: a server takes 200 channels, and those beyond wait until others have ended
const REFILL = 25 // at once, so that jobs which end in a row do not each make a frame
const ADVICE = ['eta', 'queue', 'stale_after']

const isSeq = (/** @type {any} */ value) => Number.isInteger(value) && value > 0

/** One job or batch. */
export class Held {
  /**
   * @param {string} channel job:ID or batch:ID
   * @param {number} [pace] frames a second
   */
  constructor(channel, pace) {
    this.channel = channel
    this.id = idOf(channel)
    this.pace = pace
    /** Somebody watches it; else it is kept for a while in case somebody comes back. */
    this.wanted = true
    /** It is among those that are asked for. */
    this.asked = false
    this.over = false
    /** Where it is read. */
    this.path = `/v1/${channel.startsWith('batch') ? 'batches' : 'jobs'}/${this.id}`
    /** Headers that tell the last snapshot. @type {Record<string, string>} */
    this.known = {}
    this.seq = 0
    /** @type {any} */
    this.state = {}
    /** @type {Map<string|number, Update>} */
    this.results = new Map()
  }

  /** What was held belongs to another history. */
  forget() {
    this.seq = 0
    this.state = {}
    this.results.clear()
  }

  /** Something came about it. */
  heard() {}

  /** @param {any} frame @returns {Update[]} */
  apply(frame) {
    const { type, seq, state, key } = frame
    const carries = state && state.status
    if (!isSeq(seq) || !(carries || type === 'result')) return []
    if (seq <= this.seq) return []
    this.seq = seq
    if (carries) this.state = { ...state }
    const update = this._shown(frame)
    if (type === 'result') return this._keep(key, update)
    this.over = type !== 'progress'
    return [update]
  }

  /** Each once. @param {string|number|undefined} key @param {Update} update */
  _keep(key, update) {
    if (key === undefined || this.results.has(key)) return []
    this.results.set(key, update)
    return [update]
  }

  /** @param {any} frame @returns {Update} */
  _shown({ type, seq, key, data, data_url }) {
    const { result_url, ...state } = this.state
    const percent = (ENDS[state.status] === 'error' ? state.reached : state.progress) || 0
    const update = { ...state, kind: type, job: this.id, seq, percent }
    const url = type === 'result' ? data_url : result_url
    if (url) update.url = url
    return type === 'result' ? { ...update, key, data } : update
  }
}

/** All of it: `jobs` by id, `feeds` by channel. */
export class Holdings {
  constructor() {
    this.epoch = ''
    /** @type {Map<string, Held>} */
    this.jobs = new Map()
    /** @type {Set<string>} */
    this.feeds = new Set()
  }

  /** @returns {Held[]} those whose end is waited for */
  open() {
    return [...this.jobs.values()].filter((held) => held.wanted && !held.over)
  }

  /** @returns {string[]} what to ask for: feeds, jobs, batches */
  channels() {
    return [...this.feeds, ...this.asking()]
  }

  /** @returns {string[]} the jobs and batches of it, as many at once as a server takes */
  asking() {
    const open = this.open()
    let room = WINDOW - open.filter(({ asked }) => asked).length
    if (room > REFILL || open.length <= WINDOW) open.forEach((held) => (held.asked = held.asked || room-- > 0))
    return open.filter(({ asked }) => asked).map(({ channel }) => channel)
  }

  /** @param {string} channel @returns {Held|undefined} */
  of(channel) {
    return this.jobs.get(idOf(channel))
  }

  /**
   * What to ask for: cursors by channel, and the pace that suits all.
   * @param {string[]} [names] all that are wanted, if not given
   * @returns {{epoch: string, channels: Record<string, number>, pace?: number}}
   */
  subscription(names = this.channels()) {
    /** @type {Record<string, number>} */
    const channels = {}
    let pace = 0
    for (const name of names) {
      const held = this.of(name)
      channels[name] = held ? held.seq : 0
      if (held) pace = Math.max(pace, held.pace || FREE)
    }
    return { epoch: this.epoch, channels, pace: pace < FREE && pace > 0 ? pace : undefined }
  }

  /**
   * The answer of `GET /v1/jobs/ID`: partial results above the held seq, then the state if it is newer.
   * @param {any} body
   * @returns {Output[]}
   */
  snapshot({ partial, epoch, ...state }) {
    const held = this.jobs.get(state.id)
    if (!held || held.over || !isSeq(state.seq)) return []
    this.meet(epoch)
    held.heard()
    const { seq } = state
    const parts = (partial || []).sort((/** @type {any} */ one, /** @type {any} */ other) => one.seq - other.seq)
    // As in frames: a result that is the newest change carries the state, which comes with no seq of its own.
    const frames = parts.map((/** @type {any} */ part) => ({ ...part, type: 'result', state: part.seq === seq && state }))
    frames.push({ type: ENDS[state.status] || 'progress', seq, state })
    return frames.reduce((/** @type {Output[]} */ all, /** @type {any} */ frame) => all.concat(held.apply(frame)), [])
  }

  /**
   * A frame about one job.
   * @param {any} frame
   * @returns {Output[]}
   */
  frame(frame) {
    const held = this.jobs.get(frame.job)
    if (!held || held.over) return []
    held.heard()
    if (frame.type === 'reset') held.forget()
    else if (frame.type === 'hint') {
      for (const name of ADVICE) if (name in frame) held.state[name] = frame[name]
    } else if (/^(progress|result|complete|error)$/.test(frame.type)) return held.apply(frame)
    return []
  }

  /**
   * Whether the epoch is another than the one held; then everything but the jobs is forgotten.
   * @param {string|undefined} epoch
   */
  meet(epoch) {
    if (!epoch || epoch === this.epoch) return false
    this.jobs.forEach((held) => held.over || held.forget())
    this.epoch = epoch
    return true
  }
}

/** @param {string} channel */
export const idOf = (channel) => channel.replace(/^(job|batch):/, '')
