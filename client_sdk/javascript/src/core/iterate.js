/** Updates as an async iterator. */

/** @import {Client} from './client.js' */
/** @import {Update} from './held.js' */

/**
 * @param {Client} client
 * @param {string} id
 * @param {{pace?: number}} [options]
 * @returns {AsyncIterableIterator<Update>}
 */
export function iterate(client, id, options) {
  /** @type {Update[]} */
  const waiting = []
  let wake = () => {}
  let over = false
  /** @type {any} */
  let failed = null
  const watch = client.watch(id, {
    ...options,
    onUpdate: (update) => {
      const last = waiting[waiting.length - 1]
      if (last && last.kind === 'progress' && update.kind !== 'result') waiting.pop()
      waiting.push(update)
      over = !!update.is_completed
      wake()
    },
    onError: (error) => {
      over = true
      failed = error
      wake()
    },
  })
  const next = async () => {
    while (!waiting.length && !over) await new Promise((resolve) => (wake = () => resolve(null)))
    const update = waiting.shift()
    if (update) return { value: update, done: false }
    const error = failed
    failed = null
    if (error) throw error
    return { value: undefined, done: true }
  }
  const finish = async () => {
    over = true
    waiting.length = 0
    watch.close()
    wake()
    return { value: undefined, done: true }
  }
  return /** @type {any} */ ({ next, return: finish, [Symbol.asyncIterator]() { return this } }) // prettier-ignore
}
