/** Errors with words for people, in the client's language. */

/** @import {ErrorBody, Texts} from '../../jindu-protocol.js' */

/** @typedef {'zh'|'en'} Lang */

/** @type {Record<string, [string, string]>} */
const OURS = {
  NETWORK_ERROR: ['网络连接失败', 'The server cannot be reached'],
  UNAUTHORIZED: ['请先登录', 'Please sign in'],
  FORBIDDEN: ['没有权限查看', 'You may not watch this'],
  REFUSED: ['服务器拒绝了连接', 'The server refuses the connection'],
  CLOSED: ['客户端已关闭', 'The client is closed'],
}

/** Why something was refused or failed. `action` is what a button should do, `actionText` what it says. */
export class JinduError extends Error {
  /**
   * @param {any} body an error of a job, a problem+json, or a problem frame
   * @param {Lang} lang
   */
  constructor(body, lang) {
    const title = said(body.title, lang) || body.code
    super(said(body.message, lang) || said(body.text, lang) || body.detail || title)
    this.name = 'JinduError'
    /** @type {string} */
    this.code = body.code
    /** @type {string} */
    this.title = title
    /** @type {string} */
    this.action = body.action || 'retry'
    /** @type {string} */
    this.actionText = said(body.action_text, lang) || (lang === 'zh' ? '重试' : 'Try again')
    /** @type {boolean} */
    this.retryable = !!body.retryable || !!body.temporary
    /** @type {number|null} seconds */
    this.retryAfter = typeof body.retry_after === 'number' ? body.retry_after : null
    /** @type {any} the body as it came, in all languages */
    this.body = body
  }
}

/** A job failed, was cancelled, or cannot be watched. `job` is its id, `update` the last that is known of it. */
export class JobError extends JinduError {
  /**
   * @param {any} body
   * @param {Lang} lang
   * @param {string} job
   * @param {any} [update]
   */
  constructor(body, lang, job, update) {
    super(body, lang)
    this.name = 'JobError'
    this.job = job
    this.update = update || null
  }
}

/** An HTTP request was refused. `status` 0: no answer came. `errors` point at what is wrong in what was sent. */
export class RequestError extends JinduError {
  /**
   * @param {any} body problem+json
   * @param {Lang} lang
   * @param {number} status
   */
  constructor(body, lang, status) {
    super(body, lang)
    this.name = 'RequestError'
    this.status = status
    /** @type {Array<{pointer: string, detail: string}>} */
    this.errors = body.errors || []
  }
}

/**
 * A body for what no server said.
 * @param {string} code
 * @param {boolean} [retryable]
 */
export function ours(code, retryable = false) {
  const [zh, en] = OURS[code]
  return { code, title: { zh, en }, retryable }
}

/** @param {Texts|string|undefined} text @param {Lang} lang */
function said(text, lang) {
  return text && typeof text === 'object' ? text[lang] || text.en : text
}
