/** Node.js 20 or later. Version 22 has a WebSocket of its own; else hand in the one of the package `ws`. */

import { clearTimer, now, openSocket, request, setTimer } from './web.js'

/** @import {Platform} from '../core/platform.js' */

/** @param {{WebSocket?: any}} [given] @returns {Platform} */
export function node({ WebSocket = /** @type {any} */ (globalThis).WebSocket } = {}) {
  /** @type {Map<string, string>} */
  const kept = new Map()
  return {
    openSocket: (url, protocol, on) => openSocket(WebSocket, url, protocol, on),
    request,
    streams: true,
    setTimer,
    clearTimer,
    now,
    random: Math.random,
    lifecycle: () => () => {},
    storage: (key, value) => (value === undefined ? kept.get(key) : void kept.set(key, value)),
    transports: ['ws', 'stream', 'longpoll', 'poll'],
    lang: /^zh/i.test(process.env.LC_ALL || process.env.LANG || '') ? 'zh' : 'en',
  }
}
