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

/** The first text there is, in this language. @param {Lang} lang @param {...(Texts|string|undefined)} texts @returns {string} */
function said(lang, ...texts) {
  const text = /** @type {any} */ (texts.find((one) => one))
  return text[lang] || text.en || text
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
    const { code, title, action = 'retry' } = body
    super(said(lang, body.message, body.text, body.detail, title, code))
    this.name = 'JobError'
    /** @type {string} */
    this.code = code
    this.title = said(lang, title, code)
    /** What a button should do. @type {string} */
    this.action = action
    /** What it says. */
    this.actionText = said(lang, body.action_text, { zh: '重试', en: 'Try again' })
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

/** What stands for an answer that never came. @type {Answer} */
export const NONE = { status: 0, text: '', header: () => null }

/** What an answer that is no success says. @param {Answer} answer @param {Lang} lang */
export function refusal(answer, lang) {
  const { status } = answer
  const problem = status ? { code: `HTTP_${status}`, ...problemOf(answer) } : ours('NETWORK_ERROR')
  return new JobError({ ...problem, retry_after: problem.retry_after ?? afterOf(answer) }, lang, null, status)
}

/** Seconds that the other side asks to wait; null if it names none. @param {Answer} answer */
export const afterOf = (answer) => Number(answer.header('retry-after')) || null
