/**
 * What the core needs of the world. It knows no other: browser, Node.js and mini-programs each have a small file that gives it.
 *
 * An answer: `header` takes a name in lower case; `text` is empty when `onText` was given and the status was 200.
 * @typedef {{status: number, header: (name: string) => string|null, text: string}} Answer
 *
 * `body` is text. With `onText` a 200 is read piece by piece, characters whole.
 * @typedef {{method: string, url: string, headers: Record<string, string>, body?: string,
 *   onText?: (text: string) => void}} Request
 *
 * Ends exactly once: `done` rejects when no answer came, also after `abort`.
 * @typedef {{done: Promise<Answer>, abort: () => void}} Call
 *
 * `close` comes at most once; `status` is that of a refused upgrade, where it can be seen.
 * @typedef {{open: () => void, message: (text: any) => void, close: (code: number, status?: number) => void}} SocketEvents
 *
 * @typedef {{send: (text: string) => void, close: () => void}} Socket
 *
 * `show`: seen or awake again; `hide`: all that runs will stop; `online`: the network is there, perhaps another one.
 * @typedef {'show'|'hide'|'online'|'offline'} Moment
 *
 * @typedef {object} Platform
 * @property {(url: string, protocol: string, on: SocketEvents) => Socket|null} openSocket null: there are no sockets here
 * @property {(request: Request) => Call} request
 * @property {boolean} streams whether `onText` works
 * @property {(ms: number, run: () => void) => any} setTimer
 * @property {(timer: any) => void} clearTimer
 * @property {() => number} now seconds of a clock that never falls
 * @property {() => number} random
 * @property {(listen: (moment: Moment) => void) => () => void} lifecycle returns what ends it
 * @property {{get: (key: string) => string|null, set: (key: string, value: string) => void}} storage
 * @property {string[]} transports which rungs the ladder has here, best first
 * @property {'zh'|'en'} lang
 * @property {number} [pace] frames a second for one job, unless told otherwise
 * @property {() => Promise<(() => void)|null>} [slot] leave to hold a connection open; null: others hold all there are
 */

const LATE = 2 // seconds: a timer later than this was held up with the page

/** Timers by name, in seconds. */
export class Timers {
  /** @param {Platform} platform */
  constructor(platform) {
    this._platform = platform
    /** @type {Map<string, any>} */
    this._running = new Map()
  }

  /**
   * @param {string} name replaces the timer of this name
   * @param {number} seconds
   * @param {() => void} run
   */
  after(name, seconds, run) {
    this.cancel(name)
    const timer = this._platform.setTimer(Math.max(0, seconds * 1000), () => {
      this._running.delete(name)
      run()
    })
    this._running.set(name, timer)
  }

  /**
   * A time limit for somebody else: when the timer itself is late, the page was held up, and there is a grace of `seconds`.
   * @param {string} name
   * @param {number} seconds
   * @param {() => void} run
   * @param {number} [grace]
   */
  limit(name, seconds, run, grace = 5) {
    const due = this._platform.now() + seconds
    this.after(name, seconds, () => {
      if (this._platform.now() - due > LATE) this.after(name, grace, run)
      else run()
    })
  }

  /** @param {string} name */
  has(name) {
    return this._running.has(name)
  }

  /** @param {string} [name] all, if not given */
  cancel(name) {
    this._running.forEach((timer, one) => {
      if (name && name !== one) return
      this._platform.clearTimer(timer)
      this._running.delete(one)
    })
  }
}
