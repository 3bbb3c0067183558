/** jindu-client for WeChat mini-programs. */

import { Client } from './core/client.js'
import { miniProgram } from './platforms/mini_program.js'
import { longpoll } from './transports/longpoll.js'
import { poll } from './transports/poll.js'
import { ws } from './transports/ws.js'

/** @import {ClientOptions} from './core/client.js' */
/** @import {MiniProgram} from './platforms/mini_program.js' */

/**
 * A client of one server. `baseUrl` begins with https:// and is on the program's list of domains, with wss:// too.
 * @param {ClientOptions & {baseUrl: string}} options
 * @param {MiniProgram} [api] `wx`, unless another program's of the same shape is given
 * @returns {Client}
 */
export function createClient(options, api = wx) {
  return new Client(miniProgram(api), { ws, longpoll, poll }, options)
}

export { JobError } from './core/errors.js'
