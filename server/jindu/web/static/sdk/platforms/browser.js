/** Browsers, and workers in them. */

import { clearTimer, now, openSocket, request, setTimer } from './web.js'

/** @import {Moment, Platform} from '../core/platform.js' */

const HELD = 4 // of six: connections to one server that all pages together may hold open

/** @param {{WebSocket?: any}} [given] @returns {Platform} */
export function browser(given = {}) {
  const scope = /** @type {any} */ (self)
  return {
    openSocket: (url, protocol, on) => openSocket(given.WebSocket || scope.WebSocket, url, protocol, on),
    request,
    streams: typeof ReadableStream === 'function',
    setTimer,
    clearTimer,
    now,
    random: Math.random,
    lifecycle,
    storage,
    transports: ['ws', 'stream', 'longpoll', 'poll'],
    lang: /^zh/i.test(navigator.language) ? 'zh' : 'en',
    slot: navigator.locks ? slot : undefined,
  }
}

/** @param {(moment: Moment) => void} listen */
function lifecycle(listen) {
  const heard = (/** @type {Event} */ { type }) => {
    if (/line$/.test(type)) listen(/** @type {Moment} */ (type))
    else if (!document.hidden) listen('show')
  }
  const each = (/** @type {'addEventListener'|'removeEventListener'} */ how) => {
    // What happens to the document passes the window.
    for (const type of ['online', 'offline', 'pageshow', 'resume', 'visibilitychange']) self[how](type, heard, true)
  }
  each('addEventListener')
  return () => each('removeEventListener')
}

/** Of this tab. Where it is forbidden, or missing as in workers, nothing is remembered. @param {string} key @param {string} [value] */
function storage(key, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(key)
    sessionStorage.setItem(key, value)
  } catch (error) {
    return null
  }
}

/** @returns {Promise<(() => void)|null>} */
async function slot() {
  for (let number = 0; number < HELD; number += 1) {
    const release = await new Promise((resolve) => {
      navigator.locks.request(`jindu-${number}`, { ifAvailable: true }, (lock) => {
        return lock ? new Promise((leave) => resolve(leave)) : resolve(null)
      })
    })
    if (release) return release
  }
  return null
}
