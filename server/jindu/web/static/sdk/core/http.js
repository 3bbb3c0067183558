/** The calls of `/v1`: credentials, languages, repetition, and refusals as errors. */

import { Backoff } from './closing.js'
import { NONE, refusal } from './errors.js'

/** @import {Call, Platform} from './platform.js' */
/** @import {JobError, Lang} from './errors.js' */

/**
 * @typedef {{query?: Record<string, any>, body?: any, headers?: Record<string, string>}} Asked
 * @typedef {() => string|null|undefined|Promise<string|null|undefined>} GetToken
 */

const WITHIN = 15 // seconds for an answer
const PATIENCE = 60
const PASSING = [0, 429, 502, 503, 504]

export class Http {
  /**
   * @param {Platform} platform
   * @param {string} baseUrl where the server is, with its prefix
   * @param {GetToken|undefined} getToken
   * @param {Lang} lang
   */
  constructor(platform, baseUrl, getToken, lang) {
    this._platform = platform
    this.base = baseUrl.replace(/\/+$/, '')
    this._getToken = getToken
    this.lang = lang
    /** @type {string|undefined} undefined: not asked for yet */
    this._token = undefined
  }

  /** Ask for the credentials anew. @returns {Promise<string>} empty if there are none */
  async renew() {
    return (this._token = (this._getToken && (await this._getToken())) || '')
  }

  /**
   * One request. Rejects when no answer came `within` the seconds (0: no limit).
   * @param {string} method
   * @param {string} path from the server's root, as the server names it
   * @param {Asked & {onText?: (text: string) => void}} [asked]
   * @param {number} [within]
   * @returns {Call}
   */
  open(method, path, { query = {}, body, headers, onText } = {}, within = WITHIN) {
    /** @type {Record<string, string>} */
    const sent = { 'Accept-Language': this.lang, ...headers }
    if (this._token) sent.Authorization = `Bearer ${this._token}`
    if (body) sent['Content-Type'] = 'application/json'
    const pairs = Object.keys(query).filter((name) => query[name] != null && query[name] !== '')
    const asked = pairs.map((name) => `${name}=${encodeURIComponent(query[name])}`).join('&')
    const url = this.base + path + (asked && `?${asked}`)
    const call = this._platform.request({ method, url, headers: sent, body: body && JSON.stringify(body), onText })
    if (within) {
      const timer = this._platform.setTimer(within * 1000, call.abort)
      const ended = () => this._platform.clearTimer(timer)
      call.done.then(ended, ended)
    }
    return call
  }

  /**
   * A request that may be repeated, until it is answered for good: the value of the answer.
   * @param {string} method
   * @param {string} path
   * @param {Asked} [asked]
   * @param {number} [patience] seconds during which it is repeated
   * @returns {Promise<any>} rejects with a JobError
   */
  async ask(method, path, asked, patience = PATIENCE) {
    const { now, random } = this._platform
    const backoff = new Backoff(random)
    const end = now() + patience
    let renewed = this._token === undefined
    if (renewed) await this.renew()
    for (;;) {
      const answer = await this.open(method, path, asked).done.catch(() => NONE)
      if (Math.floor(answer.status / 100) === 2) return JSON.parse(answer.text || 'null')
      const error = refusal(answer, this.lang)
      if (answer.status === 401 && !renewed) {
        renewed = true
        await this.renew()
      } else await this._pause(error, error.retryAfter ?? backoff.next(), end)
    }
  }

  /** Until it makes sense to repeat what failed; throws what does not pass. @param {JobError} error @param {number} seconds @param {number} end */
  async _pause(error, seconds, end) {
    const { now, setTimer } = this._platform
    if (!PASSING.includes(error.status) || now() + seconds > end) throw error
    await new Promise((resolve) => setTimer(seconds * 1000, () => resolve(null)))
  }
}
