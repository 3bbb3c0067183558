/** A browser gives all pages of a server six connections: who holds one open for long leaves some to the others. */

/** @import {Platform} from '../core/platform.js' */
/** @import {Dialled, PathEvents} from '../core/path.js' */

/**
 * @param {Platform} platform
 * @param {PathEvents} on
 * @param {() => () => void} begin returns what ends it
 * @returns {Dialled}
 */
export function holding(platform, on, begin) {
  let closed = false
  let end = () => {}
  if (!platform.slot) end = begin()
  else {
    platform.slot().then((release) => {
      if (release && !closed) {
        const stop = begin()
        end = () => {
          stop()
          release()
        }
        // begin may have called back
        if (closed) end()
      } else if (release) release()
      else on.close(1006, { refused: true })
    })
  }
  return {
    close: () => {
      closed = true
      end()
    },
  }
}
