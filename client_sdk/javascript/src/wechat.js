/** jindu-client for WeChat mini-programs. */

import { Client } from './core/client.js'
import { miniProgram } from './platforms/mini_program.js'
import { longpoll } from './transports/longpoll.js'
import { poll } from './transports/poll.js'
import { ws } from './transports/ws.js'

/** @import {ClientOptions} from './core/client.js' */

/**
 * A client of one server. `baseUrl` begins with https:// and is on the program's list of domains, with wss:// too.
 * @param {ClientOptions & {baseUrl: string}} options
 * @returns {Client}
 */
export function createClient(options) {
  return new Client(miniProgram(wx), { ws, longpoll, poll }, options)
}

export { JobError } from './core/errors.js'
