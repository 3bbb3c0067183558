/**
 * Taro: as `wx`, but a socket comes as a promise. Handlers are kept until it is there.
 *
 *     import Taro from '@tarojs/taro'
 *     import { createClient } from 'jindu-client/mini-program'
 *     import { taro } from 'jindu-client/adapters/taro.js'
 *     const jindu = createClient({ baseUrl: 'https://jindu.example.com' }, taro(Taro))
 */

const METHODS = ['onOpen', 'onMessage', 'onError', 'onClose', 'send', 'close']

/** @param {any} Taro @returns {any} what `createClient` takes */
export function taro(Taro) {
  return { ...Taro, connectSocket: (/** @type {any} */ options) => promised(Taro.connectSocket(options)) }
}

/** A task at once, of one that will come: what is asked of it waits in order. @param {Promise<any>} coming */
function promised(coming) {
  /** @type {Record<string, (value: any) => void>} */
  const task = {}
  for (const name of METHODS) {
    task[name] = (value) => void coming.then((/** @type {any} */ real) => real[name](value)).catch(() => {})
  }
  return task
}
