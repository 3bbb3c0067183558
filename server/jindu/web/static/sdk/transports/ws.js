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
    close: (code) => on.close(code, {}),
  })
}
