/** What to do when a link has ended: the close-code table (PROTOCOL, Closing) and the back-off. Seconds throughout. */

/**
 * What the server said before it closed.
 * @typedef {{code: number|null, retry: number|null, stop: boolean, why: string}} Bye
 *
 * Stop and show the code; all has ended; or come back after so many seconds.
 * @typedef {{stop?: number|null, why?: string, done?: boolean, delay?: number}} Verdict
 */

const LEAST = 0.5
const MOST = 20

/** Exponential with full jitter: the n-th wait is random between 0 and min(20, 0.5 * 2**n). */
export class Backoff {
  /** @param {() => number} random from 0 up to 1 */
  constructor(random) {
    this._random = random
    this.failures = 0
  }

  /** @returns {number} how long to wait after one more failure */
  next() {
    const ceiling = Math.min(MOST, LEAST * Math.pow(2, Math.min(this.failures, 10)))
    this.failures += 1
    return this._random() * ceiling
  }

  /** @returns {number} 0 the first time; a link that is sent away again and again backs off all the same */
  atOnce() {
    if (this.failures) return this.next()
    this.failures = 1
    return 0
  }
}

/**
 * Only `bye.stop` or the 4000 range stops a client; 1000 without `bye` means: come back.
 * @param {number} code
 * @param {Bye|null} bye
 * @param {Backoff} backoff
 * @returns {Verdict}
 */
export function verdict(code, bye, backoff) {
  const { stop, retry, why, code: told } = bye || { stop: false, retry: null, why: '', code }
  const range = Math.floor(Number(told) / 100)
  if (stop || range === 40) return { stop: told, why }
  if (retry !== null) return { delay: retry }
  return { delay: range === 42 ? backoff.atOnce() : backoff.next() }
}
