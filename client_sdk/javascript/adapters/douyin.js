/**
 * Douyin (and other programs of ByteDance): `tt` has the shape of `wx` in all that the client uses.
 *
 *     import { createClient } from 'jindu-client/mini-program'
 *     import { douyin } from 'jindu-client/adapters/douyin.js'
 *     const jindu = createClient({ baseUrl: 'https://jindu.example.com' }, douyin(tt))
 *
 * The domain goes on the program's lists for request and for socket. Five sockets at most, as with WeChat.
 */

/** @param {any} tt @returns {any} what `createClient` takes */
export function douyin(tt) {
  return {
    ...tt,
    // Hosts without these keep what they have: nothing is told of the network there, and the next failure tells it.
    onNetworkStatusChange: tt.onNetworkStatusChange || (() => {}),
    offNetworkStatusChange: tt.offNetworkStatusChange || (() => {}),
    getNetworkType: tt.getNetworkType || (() => {}),
  }
}
