/** A progress bar in one line: `jindu.watch(id, progressBar('#bar'))`. */

/** @import {Watching} from './core/watch.js' */

/**
 * Draws in a `<progress>`; any other element gets the custom property `--progress` in percent, and `role=progressbar`.
 * `data-status` is the job's status, or `waiting`; `title` the last message, or the error's.
 * @param {string|Element} where
 * @param {Watching} [on] more to be called back
 * @returns {Watching}
 */
export function progressBar(where, on = {}) {
  const bar = /** @type {any} */ (typeof where === 'string' ? document.querySelector(where) : where)
  const isProgress = bar.tagName === 'PROGRESS'
  if (!isProgress) bar.setAttribute('role', 'progressbar')
  const draw = (/** @type {number} */ percent) => {
    if (isProgress) {
      bar.max = 100
      bar.value = percent
    } else {
      bar.style.setProperty('--progress', `${percent}%`)
      bar.setAttribute('aria-valuenow', percent)
    }
  }
  return {
    ...on,
    onUpdate: (update) => {
      draw(update.percent)
      bar.dataset.status = update.status
      bar.title = update.message || ''
      if (on.onUpdate) on.onUpdate(update)
    },
    onError: (error) => {
      bar.title = error.message
      if (on.onError) on.onError(error)
    },
    onStale: (stale, update) => {
      bar.dataset.status = stale || !update ? 'waiting' : update.status
      if (on.onStale) on.onStale(stale, update)
    },
  }
}
