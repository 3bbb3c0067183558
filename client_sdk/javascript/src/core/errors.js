/** Errors with words for people, in the client's language. */

/** @import {Texts} from '../../jindu-protocol.js' */
/** @import {Answer} from './platform.js' */
/** @import {Update} from './held.js' */

/** @typedef {'zh'|'en'} Lang */

/** @type {Record<string, [string, string]>} */
const OURS = {
  NETWORK_ERROR: ['网络连接失败', 'The server cannot be reached'],
  UNAUTHORIZED: ['请先登录', 'Please sign in'],
  FORBIDDEN: ['没有权限', 'You may not watch this'],
  CLOSED: ['连接已关闭', 'The connection was closed'],
}

/** A job failed, was cancelled or cannot be watched, or a request was refused. `title` and `message` are for people. */
export class JobError extends Error {
  /**
   * @param {any} body an error of a job, a problem+json, or a problem frame
   * @param {Lang} lang
   * @param {string|null} [job]
   * @param {number} [status] of HTTP; 0: no answer came
   * @param {Update} [update]
   */
  constructor(body, lang, job = null, status = 0, update) {
    const said = (/** @type {Texts|string|undefined} */ text) => (text && typeof text === 'object' ? text[lang] || text.en : text)
    const title = said(body.title) || body.code
    super(said(body.message) || said(body.text) || body.detail || title)
    this.name = 'JobError'
    /** @type {string} */
    this.code = body.code
    /** @type {string} */
    this.title = title
    /** What a button should do. @type {string} */
    this.action = body.action || 'retry'
    /** What it says. @type {string} */
    this.actionText = said(body.action_text) || said({ zh: '重试', en: 'Try again' }) || ''
    /** @type {boolean} */
    this.retryable = !!(body.retryable || body.temporary)
    /** Seconds. @type {number|null} */
    this.retryAfter = body.retry_after ?? null
    this.job = job
    this.status = status
    /** The last that is known of the job. */
    this.update = update
    /** As it came, in all languages; `errors` of a request point at what is wrong in it. @type {any} */
    this.body = body
  }
}

/**
 * A body for what no server said.
 * @param {keyof typeof OURS} code
 * @returns {any}
 */
export function ours(code) {
  const [zh, en] = OURS[code]
  return { code, title: { zh, en }, retryable: code === 'NETWORK_ERROR' }
}

/** The problem in an answer of ours; null when something in between has answered. @param {Answer} answer @returns {any} */
export function problemOf(answer) {
  try {
    const body = JSON.parse(answer.text)
    return body.code ? body : null
  } catch (error) {
    return null
  }
}
