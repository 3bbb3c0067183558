/** Updates as an async iterator. */

/** @import {Client} from './client.js' */
/** @import {Update} from './held.js' */

/**
 * @param {Client} client
 * @param {string} id
 * @param {{pace?: number}} [options]
 * @returns {AsyncGenerator<Update, void>}
 */
export async function* iterate(client, id, options) {
  /** @type {Update[]} */
  const waiting = []
  let wake = () => {}
  const watch = client.watch(id, {
    ...options,
    onUpdate: (update) => {
      const last = waiting[waiting.length - 1]
      if (last && last.kind === 'progress' && update.kind !== 'result') waiting.pop()
      waiting.push(update)
      wake()
    },
    onError: () => wake(),
  })
  try {
    for (;;) {
      const update = waiting.shift()
      if (update) yield update
      else if (watch.error) throw watch.error
      else if (watch.state === 'final') return
      else await new Promise((resolve) => (wake = () => resolve(null)))
    }
  } finally {
    watch.close()
  }
}
