/**
 * Mini-programs: WeChat, and what has an API of the same shape.
 *
 * - A socket that is "connected" is only accepted: handlers are attached in the same tick, `onOpen` tells that it stands.
 * - About five seconds after the program went to the background everything stops, and the close may come with any code or never.
 * - Answers are text: chunks of a stream would split characters, so there is no stream.
 */

/** @import {Moment, Platform, Request, SocketEvents} from '../core/platform.js' */

/** What `wx` is; `tt`, `swan` and the like have the same shape. @typedef {WechatMiniprogram.Wx} MiniProgram */

const PACE = 1 // updates a second are enough for a phone, unless told otherwise

/** @param {MiniProgram} wx @returns {Platform} */
export function miniProgram(wx) {
  return {
    openSocket: (url, protocol, on) => openSocket(wx, url, protocol, on),
    request: (request) => ask(wx, request),
    streams: false,
    setTimer: (ms, run) => setTimeout(run, ms),
    clearTimer: (timer) => clearTimeout(timer),
    now: () => Date.now() / 1000,
    random: Math.random,
    lifecycle: (listen) => lifecycle(wx, listen),
    storage: (key, value) => {
      try {
        if (value === undefined) return wx.getStorageSync(key)
        wx.setStorageSync(key, value)
      } catch (error) {
        // full, or forbidden: it is a convenience
      }
      return null
    },
    transports: ['ws', 'longpoll', 'poll'],
    lang: 'zh',
    pace: PACE,
  }
}

/** @param {MiniProgram} wx @param {string} url @param {string} protocol @param {SocketEvents} on */
function openSocket(wx, url, protocol, on) {
  if (!wx.connectSocket) return null
  let over = false
  const closed = (/** @type {number} */ code) => {
    if (over) return
    over = true
    on.close(code || 1006)
  }
  const failed = () => closed(1006)
  // `fail` comes for the sixth socket, and where the domain is not on the program's list.
  const task = wx.connectSocket({ url, protocols: [protocol], fail: failed })
  if (!task) return null
  task.onOpen(() => over || on.open())
  task.onMessage((event) => over || on.message(event.data))
  task.onClose((event) => closed(event.code))
  task.onError(failed)
  return {
    send: (/** @type {string} */ data) => task.send({ data, fail: failed }),
    close: () => {
      over = true
      task.close({ code: 1000, fail: () => {} })
    },
  }
}

/** @param {MiniProgram} wx @param {Request} request */
function ask(wx, { method, url, headers, body }) {
  /** @type {any} */
  let task
  const done = new Promise((resolve, reject) => {
    task = wx.request({
      url,
      method: /** @type {'GET'|'POST'|'PUT'|'DELETE'} */ (method),
      header: headers,
      data: body,
      dataType: 'text',
      responseType: 'text',
      success: (/** @type {{statusCode: number, header: Record<string, any>, data: any}} */ answer) => {
        const named = Object.keys(answer.header || {}).reduce(
          (all, name) => Object.assign(all, { [name.toLowerCase()]: String(answer.header[name]) }),
          /** @type {Record<string, string>} */ ({}),
        )
        const text = typeof answer.data === 'string' ? answer.data : JSON.stringify(answer.data)
        resolve({ status: answer.statusCode, header: (/** @type {string} */ name) => named[name] || null, text })
      },
      fail: reject,
    })
  })
  return { done, abort: () => task && task.abort() }
}

/** @param {MiniProgram} wx @param {(moment: Moment) => void} listen */
function lifecycle(wx, listen) {
  const show = () => listen('show')
  const hide = () => listen('hide')
  const network = (/** @type {{isConnected: boolean}} */ event) => listen(event.isConnected ? 'online' : 'offline')
  wx.onAppShow(show)
  wx.onAppHide(hide)
  wx.onNetworkStatusChange(network)
  wx.getNetworkType({ success: (found) => void (found.networkType === 'none' && listen('offline')) })
  return () => {
    wx.offAppShow(show)
    wx.offAppHide(hide)
    wx.offNetworkStatusChange(/** @type {any} */ (network))
  }
}
