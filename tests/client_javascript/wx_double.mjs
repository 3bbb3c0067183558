// A double of `wx` that connects: the part of the mini-program API which clients need, over the package `ws` and Node's http.
//
// What it shares with phones, and what simulators hide:
//
// - `connectSocket` calls `success` when the attempt is accepted, before anything is open. A task has six methods and no state.
// - Handlers that are added later than in the same turn get nothing of what has happened.
// - A sixth socket fails.
// - In the background timers stop; after five seconds the link is cut: the close comes as 1000, as 1006, or never. What happened
//   meanwhile is told on return.
// - `request` with `enableChunked` splits the answer anywhere, also within a character.

import http from 'node:http'

const SOCKETS = 5
const CUT_AFTER = 5000 // milliseconds in the background

export class WxDouble {
  /**
   * `cut`: how the close of a link that was cut in the background comes: 1000, 1006 or null (never). `speed`: how many times faster
   * than on phones its timers run.
   */
  constructor({ WebSocket, cut = 1000, speed = 1, chunk = () => 1 + Math.floor(Math.random() * 7) }) {
    Object.assign(this, { WebSocket, cut, speed, chunk })
    this.sockets = new Set()
    this.opened = 0
    this.requests = []
    this.storage = new Map()
    this.shown = true
    this.network = { isConnected: true, networkType: 'wifi' }
    this.waiting = [] // what is told on return
    this.timers = new Map()
    this.listeners = { show: new Set(), hide: new Set(), network: new Set() }
    this.wx = this.api()
  }

  /** The globals of a mini-program, for a context of `vm`: no other exists there. */
  get globals() {
    return { wx: this.wx, setTimeout: (run, ms) => this.setTimeout(run, ms), clearTimeout: (id) => this.clearTimeout(id), console }
  }

  api() {
    const { show, hide, network } = this.listeners
    return {
      connectSocket: (options) => this.connectSocket(options),
      request: (options) => this.request(options),
      onAppShow: (listen) => show.add(listen),
      offAppShow: (listen) => show.delete(listen),
      onAppHide: (listen) => hide.add(listen),
      offAppHide: (listen) => hide.delete(listen),
      onNetworkStatusChange: (listen) => network.add(listen),
      offNetworkStatusChange: (listen) => network.delete(listen),
      getNetworkType: ({ success }) => this.tell(() => success?.({ networkType: this.network.networkType, errMsg: 'getNetworkType:ok' })),
      getStorageSync: (key) => (this.storage.has(key) ? this.storage.get(key) : ''),
      setStorageSync: (key, value) => void this.storage.set(key, value),
    }
  }

  // Going away and coming back.

  background() {
    this.shown = false
    this.listeners.hide.forEach((listen) => listen())
    for (const timer of this.timers.values()) this.stop(timer)
    this.cutting = setTimeout(() => this.sockets.forEach((socket) => socket.cut(this.cut)), CUT_AFTER / this.speed)
  }

  foreground() {
    clearTimeout(this.cutting)
    this.shown = true
    this.listeners.show.forEach((listen) => listen({ path: 'pages/index', scene: 1001 }))
    this.waiting.splice(0).forEach((run) => setImmediate(run))
    for (const timer of this.timers.values()) this.start(timer)
  }

  changeNetwork(networkType) {
    this.network = { isConnected: networkType !== 'none', networkType }
    if (!this.network.isConnected) this.sockets.forEach((socket) => socket.cut(1006))
    this.listeners.network.forEach((listen) => listen({ ...this.network }))
  }

  /** A callback: at once, in a turn of its own, or on return. */
  tell(run) {
    if (this.shown) setImmediate(() => (this.shown ? run() : this.waiting.push(run)))
    else this.waiting.push(run)
  }

  // Timers, which stand still in the background.

  setTimeout(run, ms = 0) {
    const timer = { id: (this.timers.id = (this.timers.id ?? 0) + 1), run, left: ms / this.speed }
    this.timers.set(timer.id, timer)
    if (this.shown) this.start(timer)
    return timer.id
  }

  clearTimeout(id) {
    const timer = this.timers.get(id)
    if (timer) clearTimeout(timer.real)
    this.timers.delete(id)
  }

  start(timer) {
    timer.since = performance.now()
    timer.real = setTimeout(() => {
      this.timers.delete(timer.id)
      timer.run()
    }, timer.left)
  }

  stop(timer) {
    clearTimeout(timer.real)
    timer.left = Math.max(0, timer.left - (performance.now() - timer.since))
  }

  // Sockets.

  connectSocket({ url, protocols, success, fail, complete }) {
    if (this.sockets.size >= SOCKETS) {
      const errMsg = 'connectSocket:fail exceed max concurrent connections'
      this.tell(() => (fail?.({ errMsg, errno: 600001 }), complete?.({ errMsg })))
      return undefined
    }
    this.opened += 1
    const socket = new Socket(this, url, protocols)
    const errMsg = 'connectSocket:ok'
    this.tell(() => (success?.({ errMsg, socketTaskId: this.opened }), complete?.({ errMsg })))
    return socket.task
  }

  // Requests.

  request({ url, method = 'GET', header = {}, data, dataType = 'json', timeout, enableChunked, success, fail, complete }) {
    const text = data === undefined || typeof data === 'string' ? data : JSON.stringify(data)
    const chunks = new Set()
    let over = false
    const end = (back, value) => {
      if (over) return
      over = true
      this.tell(() => (back?.(value), complete?.(value)))
    }
    this.requests.push({ method, url })
    const failed = (why) => end(fail, { errMsg: `request:fail ${why}`, errno: 600000 })
    const asking = http.request(url, { method, headers: { 'content-type': 'application/json', ...header }, timeout }, (answer) => {
      const parts = []
      answer.on('data', (part) => {
        parts.push(part)
        if (enableChunked) this.split(part).forEach((piece) => this.tell(() => chunks.forEach((take) => take({ data: piece }))))
      })
      answer.on('error', () => failed('socket hang up'))
      answer.on('end', () => {
        const body = Buffer.concat(parts).toString()
        const value = { statusCode: answer.statusCode, header: titled(answer.headers), cookies: [], errMsg: 'request:ok' }
        end(success, { ...value, data: enableChunked ? '' : parsed(body, dataType) })
      })
    })
    asking.on('error', () => failed('connect ECONNREFUSED'))
    asking.on('timeout', () => (failed('timeout'), asking.destroy()))
    if (this.network.isConnected) asking.end(text)
    else asking.destroy(new Error('no network'))
    return {
      abort: () => (failed('abort'), asking.destroy()),
      onChunkReceived: (take) => chunks.add(take),
      offChunkReceived: (take) => chunks.delete(take),
      onHeadersReceived: () => {},
    }
  }

  /** An ArrayBuffer for each piece, of any size: a character may be in two. */
  split(buffer) {
    const pieces = []
    for (let at = 0; at < buffer.length; ) {
      const size = this.chunk()
      pieces.push(Uint8Array.from(buffer.subarray(at, at + size)).buffer)
      at += size
    }
    return pieces
  }
}

const parsed = (body, dataType) => {
  if (dataType !== 'json') return body
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

// Header names come as the server wrote them, or as the system likes them.
const titled = (headers) => {
  const title = (name) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [title(name), value]))
}

class Socket {
  constructor(double, url, protocols) {
    this.double = double
    this.handlers = { open: new Set(), message: new Set(), error: new Set(), close: new Set() }
    this.closed = false
    double.sockets.add(this)
    this.real = new double.WebSocket(url, protocols)
    this.real.on('open', () => this.event('open', { header: {}, errMsg: 'onSocketOpen:ok' }))
    this.real.on('message', (data, binary) => this.event('message', { data: binary ? data : data.toString() }))
    this.real.on('error', (error) => this.event('error', { errMsg: `onSocketError:fail ${error.message}` }))
    this.real.on('close', (code, reason) => this.end(code, reason.toString()))
    this.task = Object.freeze({
      send: ({ data, success, fail }) => this.send(data, success, fail),
      close: ({ code = 1000, reason = '', success } = {}) => this.close(code, reason, success),
      onOpen: (handler) => void this.handlers.open.add(handler),
      onMessage: (handler) => void this.handlers.message.add(handler),
      onError: (handler) => void this.handlers.error.add(handler),
      onClose: (handler) => void this.handlers.close.add(handler),
    })
  }

  /** Told to those who listen now, not to who comes later. */
  event(name, value) {
    const listening = [...this.handlers[name]]
    this.double.tell(() => listening.forEach((handler) => handler(value)))
  }

  end(code, reason) {
    if (!this.closed) this.event('close', { code, reason, errMsg: 'onSocketClose:ok' })
    this.closed = true
    this.double.sockets.delete(this)
  }

  /** As the system cuts it: the server may not hear of it, and the program may not either. */
  cut(code) {
    this.real.removeAllListeners()
    this.real.on('error', () => {})
    this.real.terminate()
    if (code !== null) this.end(code, '')
    this.closed = true
    this.double.sockets.delete(this)
  }

  send(data, success, fail) {
    const errMsg = 'sendSocketMessage:fail WebSocket is not connected'
    if (this.closed || this.real.readyState !== this.real.OPEN) this.double.tell(() => fail?.({ errMsg }))
    else this.real.send(data, () => this.double.tell(() => success?.({ errMsg: 'sendSocketMessage:ok' })))
  }

  close(code, reason, success) {
    if (this.real.readyState === this.real.CONNECTING) this.real.terminate()
    else this.real.close(code, reason)
    this.double.sockets.delete(this)
    this.double.tell(() => success?.({ errMsg: 'closeSocket:ok' }))
  }
}
