/** WebSocket. */

/** @import {Dialled, Way, PathEvents} from '../core/path.js' */

/**
 * @param {Way} way
 * @param {PathEvents} on
 * @returns {Dialled|null}
 */
export function ws({ platform, http }, on) {
  return platform.openSocket(http.base.replace('http', 'ws') + '/v1/ws', 'jindu.v1', {
    open: on.open,
    message: on.message,
    close: (code, status = 0) => on.close(code, { refused: status >= 300 && status < 500 && status !== 429 }),
  })
}
