// What the tests of the JavaScript client share: its packages, clients whose clocks run faster, and waiting for what must come.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import vm from 'node:vm'

import { Client } from '../../client_sdk/javascript/src/core/client.js'
import { node } from '../../client_sdk/javascript/src/platforms/node.js'
import { all } from '../../client_sdk/javascript/src/transports/all.js'

export const SDK = new URL('../../client_sdk/javascript/', import.meta.url)
export const installed = createRequire(new URL('package.json', SDK))
export const { WebSocket } = installed('ws')
export const URL_OF_SERVER = process.env.JINDU_URL
export const PATIENCE = 60_000 // milliseconds until what must come has come

/** A platform on which all times pass `speed` times faster. */
export const hurried = (platform, speed) => ({
  ...platform,
  now: () => platform.now() * speed,
  setTimer: (ms, run) => platform.setTimer(ms / speed, run),
})

/** A client on Node.js; `states` is what it said of itself, `looks` counts its requests by path. */
export function client({ baseUrl = URL_OF_SERVER, speed = 1, platform = {}, rungs = all, Kind = Client, ...options } = {}) {
  const base = node({ WebSocket })
  const requests = []
  const request = (asked) => {
    requests.push(`${asked.method} ${asked.url.slice(baseUrl.length)}`)
    return base.request(asked)
  }
  const made = new Kind(hurried({ ...base, request, ...platform }, speed), rungs, { baseUrl, lang: 'en', ...options })
  made.requests = requests
  made.states = []
  made.on('state', (state, transport) => made.states.push(transport ? `${state}(${transport})` : state))
  return made
}

/** Polls a condition until it holds. */
export async function until(condition, what = condition.toString()) {
  const end = performance.now() + PATIENCE
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > end) throw new Error(`not seen within ${PATIENCE} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A built file of the mini-program, in a world that has only what `globals` gives. */
export function inMiniProgram(globals, file = new URL('dist/jindu.mini.js', SDK)) {
  const world = vm.createContext({ ...globals })
  return { world, exports: required(world, file) }
}

export function required(world, file, modules = {}) {
  const module = { exports: {} }
  const run = vm.runInContext(`(function (module, exports, require) {${readFileSync(file, 'utf8')}\n})`, world, { filename: file.pathname })
  run(module, module.exports, (name) => modules[name])
  return module.exports
}
