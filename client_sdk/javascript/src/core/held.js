/**
 * What a client holds of all that it watches, over any number of connections and transports (PROTOCOL, Rules).
 *
 * - A frame is applied if and only if its seq is above the one held for that job. A snapshot is folded by the same rule.
 * - A new epoch forgets seqs and results, never the jobs. What has ended stays ended.
 * - Frames of feeds move no cursor.
 */

/** @import {State, ResultFrame, Snapshot, ErrorBody} from '../../jindu-protocol.js' */

/**
 * One thing that happened to a job, with the state it is in now.
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
 *   | {kind: 'heard', job: string}
 *   | {kind: 'epoch'}} Output
 */

const ENDS = /** @type {Record<string, string>} */ ({ completed: 'complete', failed: 'error', cancelled: 'error' })
const KINDS = ['progress', 'result', 'complete', 'error']
const ADVICE = ['eta', 'queue', 'stale_after']
const STATE = (
  'status stage progress is_completed message attempt max_attempts results retry_at cancelling updated_at ' +
  'eta queue stale_after result result_url error reached counts with_errors'
).split(' ')

const isSeq = (/** @type {any} */ value) => typeof value === 'number' && value > 0 && value % 1 === 0
const isObject = (/** @type {any} */ value) => value !== null && typeof value === 'object'

/** One job or batch. `wanted`: somebody watches it; else it is kept for a while in case somebody comes back. */
export class Held {
  /**
   * @param {string} channel job:ID or batch:ID
   * @param {number} [pace] frames a second
   */
  constructor(channel, pace) {
    this.channel = channel
    this.pace = pace
    this.wanted = true
    this.over = false
    this.forget()
  }

  /** What was held belongs to another history. */
  forget() {
    this.seq = 0
    /** @type {any} */
    this.state = {}
    /** @type {Map<string|number, Update>} */
    this.results = new Map()
  }
}

/** All of it: `jobs` by id, `feeds` by channel. */
export class Holdings {
  constructor() {
    this.epoch = ''
    /** @type {Map<string, Held>} */
    this.jobs = new Map()
    /** @type {Map<string, Record<string, any>>} feed -> what its list is asked for */
    this.feeds = new Map()
  }

  /** @returns {string[]} ids of jobs whose end is waited for */
  get open() {
    return [...this.jobs.keys()].filter((id) => this._isOpen(id))
  }

  /**
   * What to ask for: cursors by channel, and the pace that suits all.
   * @param {string[]} [only] channels; all that are open, if not given
   * @returns {{epoch: string, channels: Record<string, number>, pace?: number}}
   */
  subscription(only) {
    /** @type {Record<string, number>} */
    const channels = {}
    /** @type {Array<number|undefined>} */
    const paces = []
    for (const channel of only || this.channels()) {
      const held = this.jobs.get(idOf(channel))
      channels[channel] = held ? held.seq : 0
      if (held) paces.push(held.pace)
    }
    const pace = paces.length && paces.every((one) => one) ? Math.max(.../** @type {number[]} */ (paces)) : undefined
    return pace ? { epoch: this.epoch, channels, pace } : { epoch: this.epoch, channels }
  }

  /** @returns {string[]} every channel that is wanted: feeds, jobs, batches */
  channels() {
    return [...this.feeds.keys(), ...this.open.map((id) => /** @type {Held} */ (this.jobs.get(id)).channel)]
  }

  /**
   * The answer of `GET /v1/jobs/ID`: partial results above the held seq, then the state if it is newer.
   * @param {any} body
   * @returns {Output[]}
   */
  snapshot(body) {
    const held = this.jobs.get(body.id)
    if (!held || held.over || !isSeq(body.seq)) return []
    this.meet(body.epoch)
    /** @type {any} */
    const state = {}
    for (const name of STATE) if (name in body) state[name] = body[name]
    const kept = (body.partial || []).filter((/** @type {any} */ part) => part && isSeq(part.seq))
    kept.sort((/** @type {any} */ one, /** @type {any} */ other) => one.seq - other.seq)
    /** @type {Output[]} */
    const outputs = []
    for (const part of kept) {
      // As in frames: a result that is the newest change carries the state, which comes with no seq of its own.
      const carried = part.seq === body.seq ? { state } : {}
      outputs.push(...this._apply(held, { ...part, ...carried, type: 'result', job: body.id }))
    }
    return outputs.concat(this._apply(held, { type: ENDS[state.status] || 'progress', job: body.id, seq: body.seq, state }))
  }

  /**
   * A frame about one job.
   * @param {any} frame
   * @returns {Output[]}
   */
  frame(frame) {
    const held = this.jobs.get(frame.job)
    if (!held || held.over) return []
    /** @type {Output[]} */
    const outputs = [{ kind: 'heard', job: frame.job }]
    if (frame.type === 'reset') held.forget()
    else if (frame.type === 'hint') {
      for (const name of ADVICE) if (name in frame) held.state[name] = frame[name]
    } else if (KINDS.includes(frame.type)) return outputs.concat(this._apply(held, frame))
    return outputs
  }

  /**
   * Whether the epoch is another than the one held; then everything but the jobs is forgotten.
   * @param {any} epoch
   */
  meet(epoch) {
    if (typeof epoch !== 'string' || !epoch || epoch === this.epoch) return false
    this.jobs.forEach((held) => held.over || held.forget())
    this.epoch = epoch
    return true
  }

  /** @param {string} id */
  _isOpen(id) {
    const held = this.jobs.get(id)
    return !!held && held.wanted && !held.over
  }

  /**
   * @param {Held} held
   * @param {any} frame
   * @returns {Output[]}
   */
  _apply(held, frame) {
    const carries = isObject(frame.state)
    if (!isSeq(frame.seq) || !(carries || frame.type === 'result')) return []
    if (frame.seq <= held.seq) return []
    held.seq = frame.seq
    if (carries) held.state = { ...frame.state }
    const update = shown(held, frame)
    if (frame.type !== 'result') {
      held.over = frame.type !== 'progress'
      return [update]
    }
    if (frame.key === undefined || held.results.has(frame.key)) return []
    held.results.set(frame.key, update)
    return [update]
  }
}

/**
 * @param {Held} held
 * @param {any} frame
 * @returns {Update}
 */
function shown(held, frame) {
  const { result_url, ...state } = held.state
  const percent = (ENDS[state.status] === 'error' ? state.reached : state.progress) || 0
  const update = { ...state, kind: frame.type, job: frame.job, seq: frame.seq, percent }
  if (frame.type !== 'result') return result_url ? { ...update, url: result_url } : update
  const { key, data, data_url } = frame
  return data_url ? { ...update, key, data, url: data_url } : { ...update, key, data }
}

/** @param {string} channel */
export function idOf(channel) {
  return channel.replace(/^(job|batch):/, '')
}
