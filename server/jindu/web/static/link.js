// One socket for the page: kept open, given up when silent, tried again; and polling by HTTP while it does not work.
//
// States: connecting, live, reconnecting, polling, offline, stopped. Live means that `hello` has arrived, never just `open`.

const SUBPROTOCOL = 'jindu.v1'
const SLOW = 2.5 // seconds without hello after which one look by HTTP shows what there is
const HELLO = 8 // seconds within which hello must come
const SUSPECT = 5 // seconds for an answer after the page was asleep
const LATE = 2 // a timer later than this was held up with the page: the link gets a grace
const POLL = 2 // seconds between two polls
const PROBES = [30, 60, 120, 300, 600] // seconds until the socket is tried again while polling works

export class Link {
  state = 'connecting'
  #session
  #url
  #on
  #socket = null
  #timers = new Map()
  #stopped = false
  #falling = false // no hello for HELLO seconds: polling, if HTTP works
  #polled = false // the last poll worked
  #probes = 0
  #dialled = 0

  /** `on`: outputs(list), state(name), slow(), poll() - a promise that fails when HTTP does. */
  constructor(session, url, on) {
    this.#session = session
    this.#url = url
    this.#on = on
  }

  start() {
    this.#down()
    this.#dial()
    addEventListener('online', () => this.wake(0))
    addEventListener('pageshow', () => this.wake())
    document.addEventListener('resume', () => this.wake())
    addEventListener('offline', () => this.#tell())
    document.addEventListener('visibilitychange', () => document.hidden || this.wake())
  }

  /** The page or the network is back: try at once, or ask a link that seems to stand for an answer. An attempt under way for
   *  longer than `patience` seconds is given up; with a new network every one is. */
  wake(patience = SLOW) {
    if (this.#stopped) return
    const hanging = this.#socket && !this.#session.live && seconds() - this.#dialled > patience
    if (hanging) this.#lost(1006)
    if (!this.#socket) this.#dial()
    else if (this.#session.live) {
      this.#session.subscribe()
      this.flush()
      this.#after('suspect', SUSPECT, () => this.#lost(4102))
    }
    this.#tell()
  }

  /** Send what the session has to say. */
  flush() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    for (const text of this.#session.outgoing()) this.#socket.send(text)
  }

  #dial() {
    this.#cancel('dial')
    let socket
    try {
      socket = new WebSocket(this.#url, SUBPROTOCOL)
    } catch {
      this.#retry(this.#session.closed(1006, seconds()))
      return
    }
    this.#socket = socket
    this.#dialled = seconds()
    // A socket that a policy forbids gives an error without a close: the same clock ends it.
    this.#after('hello', HELLO, () => this.#lost(1006))
    socket.onopen = () => {
      this.#session.opened(seconds())
      this.flush()
    }
    socket.onmessage = (event) => this.#heard(event.data)
    socket.onclose = (event) => this.#lost(event.code)
    this.#tell()
  }

  #heard(data) {
    this.#cancel('suspect')
    const outputs = this.#session.received(data, seconds())
    this.flush()
    if (this.#session.live && this.#timers.has('hello')) this.#up()
    this.#on.outputs(outputs)
    if (this.#session.leaving) this.#lost(1000)
    else this.#listen()
  }

  #up() {
    for (const name of ['hello', 'slow', 'fall', 'poll']) this.#cancel(name)
    this.#falling = this.#polled = false
    this.#probes = 0
    this.#tell()
  }

  #down() {
    this.#after('slow', SLOW, () => this.#on.slow())
    this.#after('fall', HELLO, () => {
      this.#falling = true
      this.#poll()
    })
  }

  #listen() {
    if (!this.#session.live || this.#timers.has('silence')) return
    const due = this.#session.deadAt
    this.#after('silence', due - seconds(), () => this.#silent(due))
  }

  #silent(due) {
    const late = seconds() - due > LATE
    if (late) this.#after('silence', SUSPECT, () => this.#silent(seconds()))
    else if (this.#session.deadAt > due) this.#listen()
    else this.#lost(4102)
  }

  #lost(code) {
    const socket = this.#socket
    if (!socket) return
    this.#socket = null
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
    for (const name of ['hello', 'suspect', 'silence']) this.#cancel(name)
    const wasLive = this.#session.live
    const verdict = this.#session.closed(code, seconds())
    if (wasLive) this.#down()
    this.#retry(verdict)
  }

  #retry(verdict) {
    if ('stop' in verdict) {
      this.#stopped = true
      for (const name of [...this.#timers.keys()]) this.#cancel(name)
    } else {
      const probing = this.#falling && this.#polled
      const delay = probing ? PROBES[Math.min(this.#probes++, PROBES.length - 1)] : verdict.delay
      this.#after('dial', delay, () => this.#dial())
    }
    this.#tell()
  }

  async #poll() {
    const before = this.#polled
    try {
      if (!document.hidden) await this.#on.poll()
      this.#polled = true
    } catch {
      this.#polled = false
    }
    if (!this.#falling || this.#stopped) return
    if (this.#polled && !before && !this.#socket) this.#dial()
    this.#tell()
    this.#after('poll', POLL * (0.8 + 0.4 * Math.random()), () => this.#poll())
  }

  #tell() {
    const state = this.#name()
    if (state === this.state) return
    this.state = state
    this.#on.state(state)
  }

  #name() {
    if (this.#stopped) return 'stopped'
    if (this.#session.live) return 'live'
    if (this.#falling && this.#polled) return 'polling'
    if (!navigator.onLine) return 'offline'
    return this.state === 'connecting' && this.#socket ? 'connecting' : 'reconnecting'
  }

  #after(name, delay, action) {
    this.#cancel(name)
    const timer = setTimeout(() => {
      this.#timers.delete(name)
      action()
    }, Math.max(0, delay * 1000))
    this.#timers.set(name, timer)
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
  }
}

function seconds() {
  return performance.now() / 1000
}
