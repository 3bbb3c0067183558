/** WebSocket. */

/** @import {Dialled, Way, PathEvents} from '../core/path.js' */

/**
 * @param {Way} way
 * @param {PathEvents} on
 * @returns {Dialled|null}
 */
export function ws({ platform, http }, on) {
  return platform.openSocket(http.socketUrl, 'jindu.v1', {
    open: on.open,
    message: on.message,
    close: (code, status) => on.close(code, status && ![408, 425, 429].includes(status) && status < 500 ? { refused: true } : {}),
  })
}
