/** jindu-client for browsers and their workers. */

import { Client } from './core/client.js'
import { browser } from './platforms/browser.js'
import { all } from './transports/all.js'

/** @import {ClientOptions} from './core/client.js' */

/**
 * A client of one server. `baseUrl` may be relative; without it the server is where the page came from.
 * @param {ClientOptions} [options]
 * @returns {Client}
 */
export function createClient(options = {}) {
  return new Client(browser(), all, { ...options, baseUrl: new URL(options.baseUrl || '/', location.href).href })
}

export { JobError } from './core/errors.js'
