/** The calls of `/v1`: credentials, languages, repetition, and refusals as errors. */

import { Backoff } from './closing.js'
import { RequestError, ours } from './errors.js'
import { Timers } from './platform.js'

/** @import {Answer, Call, Platform} from './platform.js' */
/** @import {Lang} from './errors.js' */

/**
 * @typedef {{query?: Record<string, any>, body?: any, headers?: Record<string, string>}} Asked
 * @typedef {() => string|null|undefined|Promise<string|null|undefined>} GetToken
 */

const WITHIN = 15 // seconds for an answer
const PATIENCE = 60 // seconds during which a request is repeated
const REPEATED = [0, 429, 502, 503, 504]

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
    this._timers = new Timers(platform)
    this._calls = 0
    /** @type {string|null|undefined} undefined: not asked for yet */
    this._token = undefined
  }

  get socketUrl() {
    return this.base.replace(/^http/, 'ws') + '/v1/ws'
  }

  /** Ask for the credentials anew. @returns {Promise<string>} empty if there are none */
  async renew() {
    this._token = (this._getToken && (await this._getToken())) || null
    return this._token || ''
  }

  /**
   * One request. Rejects when no answer came `within` the seconds (0: no limit).
   * @param {string} method
   * @param {string} path from the server's root, as the server names it
   * @param {Asked & {onText?: (text: string) => void}} [asked]
   * @param {number} [within]
   * @returns {Call}
   */
  open(method, path, { query, body, headers, onText } = {}, within = WITHIN) {
    /** @type {Record<string, string>} */
    const sent = { 'Accept-Language': this.lang, ...headers }
    if (this._token) sent.Authorization = `Bearer ${this._token}`
    if (body !== undefined) sent['Content-Type'] = 'application/json'
    const text = body === undefined ? undefined : JSON.stringify(body)
    const call = this._platform.request({ method, url: this.base + path + queried(query), headers: sent, body: text, onText })
    if (!within) return call
    const name = String(this._calls++)
    this._timers.limit(name, within, call.abort)
    const ended = () => this._timers.cancel(name)
    call.done.then(ended, ended)
    return call
  }

  /**
   * A request that may be repeated, until it is answered for good: the value of the answer.
   * @param {string} method
   * @param {string} path
   * @param {Asked} [asked]
   * @returns {Promise<any>} rejects with a RequestError
   */
  async ask(method, path, asked) {
    const backoff = new Backoff(this._platform.random)
    const end = this._platform.now() + PATIENCE
    if (this._token === undefined) await this.renew()
    for (let renewed = false; ; ) {
      const answer = await this.open(method, path, asked).done.catch(() => null)
      if (answer && answer.status >= 200 && answer.status < 300) return answer.text ? JSON.parse(answer.text) : null
      const error = refusal(answer, this.lang)
      if (error.status === 401 && this._getToken && !renewed) {
        renewed = true
        await this.renew()
        continue
      }
      const pause = error.retryAfter === null ? backoff.next() : error.retryAfter
      if (!REPEATED.includes(error.status) || this._platform.now() + pause > end) throw error
      await this._pause(pause)
    }
  }

  /** @param {number} seconds @returns {Promise<void>} */
  _pause(seconds) {
    return new Promise((resolve) => this._timers.after(String(this._calls++), seconds, resolve))
  }
}

/**
 * What an answer that is no success says.
 * @param {Answer|null} answer
 * @param {Lang} lang
 */
export function refusal(answer, lang) {
  if (!answer) return new RequestError(ours('NETWORK_ERROR', true), lang, 0)
  const problem = problemOf(answer) || { code: `HTTP_${answer.status}` }
  const after = Number(answer.header('retry-after') || NaN)
  if (typeof problem.retry_after !== 'number' && after >= 0) problem.retry_after = after
  return new RequestError(problem, lang, answer.status)
}

/** The problem in an answer of ours; null when something in between has answered. @param {Answer} answer */
export function problemOf(answer) {
  try {
    const body = JSON.parse(answer.text)
    return body && body.code ? body : null
  } catch (error) {
    return null
  }
}

/** @param {Record<string, any>|undefined} query */
function queried(query) {
  const pairs = Object.entries(query || {}).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return pairs.length ? '?' + pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&') : ''
}

