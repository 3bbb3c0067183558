/** Server-sent events, read from a fetch: headers can be sent, and it ends when told. */

import { closing } from './closing.js'
import { holding } from './slot.js'

/** @import {Dialled, Way, PathEvents} from '../core/path.js' */

/**
 * @param {Way} way
 * @param {PathEvents} on
 * @returns {Dialled|null}
 */
export function stream({ platform, http, held }, on) {
  if (!platform.streams) return null
  return holding(platform, on, () => {
    on.open()
    const call = http.open('POST', '/v1/stream', { body: held.subscription(), onText: events(on.message) }, 0)
    call.done.then(
      (answer) => on.close(...closing(answer)),
      () => on.close(1006, {}),
    )
    return call.abort
  })
}

/**
 * Takes pieces of an event stream, gives the data of whole events.
 * @param {(data: string) => void} give
 */
export function events(give) {
  let rest = ''
  /** @type {string[]} */
  let data = []
  return (/** @type {string} */ text) => {
    const lines = (rest + text).split('\n')
    rest = /** @type {string} */ (lines.pop())
    for (const line of lines.map((one) => one.replace(/\r$/, ''))) {
      if (line.startsWith('data:')) data.push(line.slice(5))
      else if (!line && data.length) {
        give(data.join('\n'))
        data = []
      }
    }
  }
}
