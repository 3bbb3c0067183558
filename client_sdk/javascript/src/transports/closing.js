/** An HTTP answer that ends a path, as a close code. */

import { problemOf } from '../core/http.js'

/** @import {Answer} from '../core/platform.js' */
/** @import {Closed} from '../core/path.js' */

/** @type {Record<number, number>} */
const CODES = { 400: 4000, 401: 4009, 403: 4003, 413: 4013, 422: 4000 }

/**
 * Refusals of ours stop or pass as their close codes do; what somebody in between says only means that this way does not work.
 * @param {Answer} answer
 * @returns {[number, Closed]}
 */
export function closing(answer) {
  const problem = answer.status >= 400 ? problemOf(answer) : null
  const after = answer.header('retry-after')
  const retry = after && Number(after) >= 0 ? Number(after) : null
  if (answer.status === 204) return [1000, { ended: true }]
  if (answer.status === 429 || answer.status >= 500) return [4100, { told: true, retry }]
  if (problem && CODES[answer.status]) return [CODES[answer.status], { told: true, problem }]
  return [1006, { refused: answer.status >= 300 }]
}
