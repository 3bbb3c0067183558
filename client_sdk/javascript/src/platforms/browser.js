/** Browsers, and workers in them. */

import { clearTimer, now, openSocket, random, request, setTimer } from './web.js'

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
    random,
    lifecycle,
    storage,
    transports: ['ws', 'stream', 'longpoll', 'poll'],
    lang: /^zh/i.test(navigator.language) ? 'zh' : 'en',
    slot: navigator.locks ? slot : undefined,
  }
}

/** @param {(moment: Moment) => void} listen */
function lifecycle(listen) {
  const page = typeof document === 'object' ? document : null
  /** @type {Array<[any, string, () => void]>} */
  const heard = [
    [self, 'online', () => listen('online')],
    [self, 'offline', () => listen('offline')],
    [self, 'pageshow', () => listen('show')],
    [page, 'resume', () => listen('show')],
    [page, 'visibilitychange', () => page && page.visibilityState === 'visible' && listen('show')],
  ]
  for (const [where, name, run] of heard) if (where) where.addEventListener(name, run)
  return () => {
    for (const [where, name, run] of heard) if (where) where.removeEventListener(name, run)
  }
}

/** Of this tab. Where it is forbidden, or missing as in workers, nothing is remembered. */
const storage = {
  get: (/** @type {string} */ key) => {
    try {
      return sessionStorage.getItem(key)
    } catch (error) {
      return null
    }
  },
  set: (/** @type {string} */ key, /** @type {string} */ value) => {
    try {
      sessionStorage.setItem(key, value)
    } catch (error) {
      // it is a convenience
    }
  },
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
