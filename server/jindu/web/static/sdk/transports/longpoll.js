/** `/v1/poll`, again and again: for who can hold no stream open. */

import { closing } from './closing.js'
import { holding } from './slot.js'
import { poll } from './poll.js'

/** @import {Dialled, Way, PathEvents} from '../core/path.js' */

const GRACE = 15 // seconds on top of the wait until an answer must be there

/**
 * @param {Way} way
 * @param {PathEvents} on
 * @returns {Dialled|null}
 */
export function longpoll(way, on) {
  const { http, held, ladder } = way
  if (!held.open().length) return poll(way, on)
  return holding(way.platform, on, () => {
    on.open()
    let closed = false
    let abort = () => {}
    const ask = () => {
      const wait = ladder.wait
      // Feeds cannot be waited for.
      const call = http.open('POST', '/v1/poll', { body: { ...held.subscription(held.asking()), wait } }, wait + GRACE)
      abort = call.abort
      call.done.then(
        (answer) => {
          if (closed) return
          if (answer.status !== 200 || !/^\s*\[\s*{/.test(answer.text)) return on.close(...closing(answer))
          on.message(answer.text)
          if (!closed && held.open().length) ask()
        },
        () => closed || on.close(1006, {}),
      )
    }
    ask()
    return () => {
      closed = true
      abort()
    }
  })
}
