/**
 * Which way to watch: WS, stream, long-poll, poll (CLIENTS, The ladder). Pure: it is told what happened, and says what to do.
 *
 * Down from WS only after two attempts without `hello` while HTTP works, three links in a row that die within 10 s without
 * data, or two in a row that go silent; stream after one attempt without `hello`; long-poll first shortens its wait.
 * What ends while offline or hidden, or with a word of the server, counts for nothing.
 */

/**
 * How a path ended. `told`: the server said why; `interrupted`: the page or the network was away meanwhile; `quick`: within
 * 10 s of `hello`, without data; `refused`: somebody in between will not let it through.
 * @typedef {{hello: boolean, told: boolean, interrupted: boolean, silent: boolean, quick: boolean, refused?: boolean}} End
 */

const WAITS = [25, 10, 5] // seconds of a long-poll
const ALLOWED = /** @type {Record<string, number>} */ ({ ws: 2, longpoll: WAITS.length }) // attempts without success
const PROBES = [30, 60, 120, 300, 600] // seconds on a lower rung before WS is tried again
const KEPT = 600 // seconds for which a rung is remembered

export class Ladder {
  /**
   * @param {string[]} rungs names of transports, best first
   * @param {(key: string, value?: string) => string|null|undefined} storage
   * @param {string} key where the rung is remembered
   */
  constructor(rungs, storage, key) {
    this.rungs = rungs
    this._storage = storage
    this._key = key
    const [name, since] = (storage(key) || '').split('@')
    this._since = Number(since) || 0
    this.at = wall() - this._since < KEPT ? Math.max(0, rungs.indexOf(name)) : 0
    this._missed = this._quick = this._silent = this._probes = 0
  }

  /** The transport to use. @returns {string} */
  get rung() {
    return this.rungs[this.at]
  }

  /** Seconds that a long-poll may wait. */
  get wait() {
    return WAITS[this._missed] || 5
  }

  /** Seconds until WS is to be tried again; 0 when it is in use, or cannot be used. */
  get probeIn() {
    return this.at > 0 && this.rungs[0] === 'ws' ? PROBES[this._probes] || KEPT : 0
  }

  /** This platform has no such transport. Whether another is left. @param {string} name */
  missing(name) {
    const rung = this.rung
    this.rungs = this.rungs.filter((one) => one !== name)
    this.at = Math.max(0, this.rungs.indexOf(rung))
    return this.rungs.length > 0
  }

  /**
   * A path on this rung has ended. Whether to ask if HTTP works, for `missed`.
   * @param {End} end
   */
  died({ told, interrupted, hello, silent, quick }) {
    if (told || interrupted) return false
    if (this.rung !== 'ws' || !hello) return !hello || this.rung === 'longpoll'
    this._lived(silent, quick)
    return false
  }

  /** A socket that had said hello. @param {boolean} silent @param {boolean} quick */
  _lived(silent, quick) {
    this._missed = 0
    this._silent = silent ? this._silent + 1 : 0
    this._quick = quick ? this._quick + 1 : 0
    if (!silent && !quick) this._probes = 0
    if (this._silent > 1 || this._quick > 2) this._down()
  }

  /**
   * The last attempt failed although HTTP works.
   * @param {End} end
   * @returns {boolean} whether the next attempt is another one, which need not wait
   */
  missed({ refused }) {
    this._missed += 1
    const allowed = ALLOWED[this.rung] || 1
    return refused || this._missed >= allowed ? this._down() : this.rung === 'longpoll'
  }

  /** The probe of WS failed. Whether to go up a step all the same: after ten minutes below it is worth a try. */
  probed() {
    this._probes += 1
    if (wall() - this._since < KEPT || this.at < 2) return false
    this._move(1)
    return true
  }

  /** WS has proved itself. */
  climbed() {
    this._probes += 1
    this._move(0)
  }

  _down() {
    if (!this.rungs[this.at + 1]) return false
    this._move(this.at + 1)
    return true
  }

  /** @param {number} to */
  _move(to) {
    this.at = to
    this._missed = 0 // what was counted of sockets stays, until one does better
    this._since = wall()
    this._storage(this._key, to ? `${this.rung}@${this._since}` : '')
  }
}

const wall = () => Math.round(Date.now() / 1000)
