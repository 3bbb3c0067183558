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
 * `close` comes at most once.
 * @typedef {{open: () => void, message: (text: any) => void, close: (code: number) => void}} SocketEvents
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
 * @property {(key: string, value?: string) => string|null|undefined} storage reads without a value; may forget
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
   * @param {number} [grace] for time limits of others: seconds more if the timer is late itself, as when the page was held up
   */
  after(name, seconds, run, grace) {
    const { setTimer, now } = this._platform
    this.cancel(name)
    const due = now() + seconds
    const timer = setTimer(Math.max(0, seconds * 1000), () => {
      this._running.delete(name)
      if (grace && now() - due > LATE) this.after(name, grace, run)
      else run()
    })
    this._running.set(name, timer)
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
