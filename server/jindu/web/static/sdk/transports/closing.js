/** An HTTP answer that ends a path, as a close code. */

import { afterOf, problemOf } from '../core/errors.js'

/** @import {Answer} from '../core/platform.js' */
/** @import {Closed} from '../core/path.js' */

/**
 * Refusals of ours stop or pass as their close codes do; what somebody in between says only means that this way does not work.
 * @param {Answer} answer
 * @returns {[number, Closed]}
 */
export function closing(answer) {
  const { status } = answer
  if (status === 429 || status >= 500) return [4100, { told: true, retry: afterOf(answer) }]
  const problem = problemOf(answer)
  if (!problem) return [1006, { refused: status >= 300 }]
  return [status === 401 ? 4009 : 4003, { told: true, problem }]
}
