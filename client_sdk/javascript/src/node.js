/** jindu-client for Node.js. */

import { Client } from './core/client.js'
import { node } from './platforms/node.js'
import { all } from './transports/all.js'

/** @import {ClientOptions} from './core/client.js' */

/**
 * A client of one server. Hand in `WebSocket` from the package `ws` where Node.js has none; without it streams are used.
 * @param {ClientOptions & {WebSocket?: any}} [options]
 * @returns {Client}
 */
export function createClient({ WebSocket, ...options } = {}) {
  const baseUrl = options.baseUrl || process.env.JINDU_URL || 'http://127.0.0.1:8765'
  return new Client(node({ WebSocket }), all, { ...options, baseUrl })
}

export { JobError } from './core/errors.js'
