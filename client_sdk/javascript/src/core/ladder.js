/**
 * Which way to watch: WS, stream, long-poll, poll (CLIENTS, The ladder). Pure: it is told what happened, and says what to do.
 *
 * Down from WS only after two attempts without `hello` while HTTP works, three links in a row that die within 10 s without
 * data, or two in a row that go silent; stream after one attempt without `hello`; long-poll first shortens its wait.
 * What ends while offline or hidden, or with a word of the server, counts for nothing.
 */

/**
 * How a path ended. `told`: the server said why; `interrupted`: the page or the network was away meanwhile.
 * @typedef {{hello: boolean, told: boolean, interrupted: boolean, silent: boolean, data: boolean, lived: number,
 *   refused: boolean}} End
 */

const WAITS = [25, 10, 5] // seconds of a long-poll
const PROBES = [30, 60, 120, 300, 600] // seconds on a lower rung before WS is tried again
const KEPT = 600 // seconds for which a rung is remembered
const SHORT = 10 // seconds

export class Ladder {
  /**
   * @param {string[]} rungs names of transports, best first
   * @param {{get: (key: string) => string|null, set: (key: string, value: string) => void}} storage
   * @param {string} key where the rung is remembered
   */
  constructor(rungs, storage, key) {
    this.rungs = rungs
    this._storage = storage
    this._key = key
    const [name, at] = (storage.get(key) || '').split('@')
    const fresh = Math.abs(Date.now() / 1000 - Number(at)) < KEPT
    this.at = fresh ? Math.max(0, rungs.indexOf(name)) : 0
    this._probes = 0
    this._restart()
  }

  get rung() {
    return this.rungs[this.at]
  }

  /** Seconds that a long-poll may wait. */
  get wait() {
    return WAITS[this._shortened]
  }

  /** Seconds until WS is to be tried again; null when it is in use, or cannot be used. */
  get probeIn() {
    return this.at > 0 && this.rungs[0] === 'ws' ? PROBES[Math.min(this._probes, PROBES.length - 1)] : null
  }

  /** This platform has no such transport. Whether another is left. @param {string} name */
  missing(name) {
    const here = this.rungs.indexOf(name)
    if (here < 0 || this.rungs.length === 1) return false
    this.rungs = this.rungs.filter((rung) => rung !== name)
    if (here < this.at) this.at -= 1
    this.at = Math.min(this.at, this.rungs.length - 1)
    return true
  }

  /**
   * A path has ended that had not been refused with a word. Whether to ask if HTTP works, for `missed`.
   * @param {End} end
   */
  died(end) {
    if (end.told || end.interrupted) return false
    if (this.rung !== 'ws') return !end.hello || this.rung === 'longpoll'
    if (!end.hello) return true
    this._missed = 0
    this._silent = end.silent ? this._silent + 1 : 0
    this._short = end.lived < SHORT && !end.data ? this._short + 1 : 0
    if (this._silent >= 2 || this._short >= 3) this._down()
    return false
  }

  /**
   * The last attempt failed although HTTP works.
   * @param {End} end
   * @returns {boolean} whether the next attempt is another one, which need not wait
   */
  missed(end) {
    if (this.rung === 'ws') {
      this._missed += 1
      return (end.refused || this._missed >= 2) && this._down()
    }
    if (this.rung === 'longpoll' && !end.refused && this._shortened < WAITS.length - 1) {
      this._shortened += 1
      return true
    }
    return this._down()
  }

  /** The probe of WS failed. After ten minutes below, whatever lies between is worth trying again. */
  probed() {
    this._probes += 1
    if (Date.now() / 1000 - this._since < KEPT || this.at < 2) return false
    this._move(1)
    return true
  }

  /** WS has proved itself. */
  climbed() {
    this._probes = 0
    this._move(0)
  }

  _down() {
    if (this.at >= this.rungs.length - 1) return false
    this._move(this.at + 1)
    return true
  }

  /** @param {number} to */
  _move(to) {
    this.at = to
    this._restart()
    this._storage.set(this._key, to ? `${this.rung}@${Math.round(this._since)}` : '')
  }

  _restart() {
    this._missed = this._short = this._silent = this._shortened = 0
    this._since = Date.now() / 1000
  }
}
