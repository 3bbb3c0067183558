/**
 * Alipay: `my` names things otherwise. This puts its request, socket and storage into the shape of `wx`.
 *
 *     import { createClient } from 'jindu-client/mini-program'
 *     import { alipay } from 'jindu-client/adapters/alipay.js'
 *     const jindu = createClient({ baseUrl: 'https://jindu.example.com' }, alipay(my))
 */

/** @param {any} my @returns {any} what `createClient` takes */
export function alipay(my) {
  return {
    // With `multiple` a socket is a task of its own, and not the only one of the program.
    connectSocket: (/** @type {any} */ options) => renamed(my.connectSocket({ ...options, multiple: true })),
    request: (/** @type {any} */ options) => my.request(asked(options)),
    onAppShow: my.onAppShow,
    offAppShow: my.offAppShow,
    onAppHide: my.onAppHide,
    offAppHide: my.offAppHide,
    onNetworkStatusChange: my.onNetworkStatusChange,
    offNetworkStatusChange: my.offNetworkStatusChange,
    getNetworkType: ({ success }) =>
      my.getNetworkType({ success: (/** @type {any} */ found) => success({ networkType: found.networkAvailable ? 'wifi' : 'none' }) }),
    getStorageSync: (/** @type {string} */ key) => my.getStorageSync({ key }).data,
    setStorageSync: (/** @type {string} */ key, /** @type {string} */ data) => my.setStorageSync({ key, data }),
  }
}

/** Headers are `headers` here, and the status is `status`. @param {any} options */
function asked({ header, success, ...options }) {
  return {
    ...options,
    headers: header,
    success: ({ status, headers, data }) => success({ statusCode: status, header: headers, data }),
  }
}

/** What came is in `data` of `data`. @param {any} task */
function renamed(task) {
  if (!task) return task
  return {
    onOpen: (/** @type {any} */ run) => task.onOpen(run),
    onError: (/** @type {any} */ run) => task.onError(run),
    onClose: (/** @type {any} */ run) => task.onClose(run),
    onMessage: (/** @type {any} */ run) => task.onMessage((/** @type {any} */ event) => run(event.data)),
    send: (/** @type {any} */ options) => task.send(options),
    close: (/** @type {any} */ options) => task.close(options),
  }
}
