/** What browsers, workers and Node.js share: fetch, timers, and a WebSocket as browsers have it. */

/** @import {Call, Request, Socket, SocketEvents} from '../core/platform.js' */

/** @param {Request} request @returns {Call} */
export function request({ method, url, headers, body, onText }) {
  const controller = new AbortController()
  const run = async () => {
    const answer = await fetch(url, { method, headers, body, signal: controller.signal, cache: 'no-store' })
    const read = onText && answer.status === 200 && answer.body
    if (read) await pieces(answer.body, onText)
    return {
      status: answer.status,
      header: (/** @type {string} */ name) => answer.headers.get(name),
      text: read ? '' : await answer.text(),
    }
  }
  return { done: run(), abort: () => controller.abort() }
}

/** @param {ReadableStream<Uint8Array>} body @param {(text: string) => void} give */
async function pieces(body, give) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    give(decoder.decode(value, { stream: true }))
  }
}

/**
 * @param {any} Socket the class; undefined where there is none
 * @param {string} url
 * @param {string} protocol
 * @param {SocketEvents} on
 * @returns {Socket|null}
 */
export function openSocket(Socket, url, protocol, on) {
  if (!Socket) return null
  const socket = new Socket(url, protocol)
  const silence = () => {
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.onerror = () => {}
  }
  const closed = (/** @type {number} */ code) => {
    silence()
    on.close(code)
  }
  socket.onopen = on.open
  socket.onmessage = (/** @type {{data: any}} */ event) => on.message(event.data)
  socket.onclose = (/** @type {{code: number}} */ event) => closed(event.code)
  // A socket that a policy forbids gives an error without a close; before any other error's close its code is 1006 too.
  socket.onerror = () => closed(1006)
  return {
    send: (text) => socket.readyState === 1 && socket.send(text),
    close: () => {
      silence()
      socket.close()
    },
  }
}

export const now = () => performance.now() / 1000

export const setTimer = (/** @type {number} */ ms, /** @type {() => void} */ run) => setTimeout(run, ms)
export const clearTimer = (/** @type {any} */ timer) => clearTimeout(timer)
