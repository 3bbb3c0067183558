// What is asked for again and again while somebody looks at it: figures, connections, alerts. The last answer stays to be seen.

import { useEffect } from './html.js'
import { ask, jindu, standing } from './server.js'
import { Source, useSources } from './source.js'

class Look extends Source {
  data = null
  error = null
  #path
  #query
  #every
  #users = 0
  #timer = null
  #asking = false

  constructor(path, query, every) {
    super()
    this.#path = path
    this.#query = query
    this.#every = every
  }

  /** @returns what ends it */
  use() {
    this.#users += 1
    if (this.#users === 1) this.again()
    return () => {
      this.#users -= 1
      if (!this.#users) clearTimeout(this.#timer)
    }
  }

  /** Ask now. */
  async again() {
    if (this.#asking || !this.#users) return
    clearTimeout(this.#timer)
    this.#asking = true
    try {
      this.data = await ask(this.#path, this.#query)
      this.error = null
    } catch (error) {
      this.error = error
      standing.refused(error, 'operates')
    }
    this.#asking = false
    this.changed()
    // What this key may not see is not asked for again.
    const over = this.error && [401, 403].includes(this.error.status)
    if (this.#users && this.#every && !over) this.#timer = setTimeout(() => this.#due(), this.#every * 1000)
  }

  #due() {
    if (document.hidden) this.#timer = setTimeout(() => this.#due(), this.#every * 1000)
    else this.again()
  }
}

const looks = new Map()

/** The look at a path; `every` seconds, 0: once, and when it is told to. */
export function lookAt(path, every = 0, query = {}) {
  const name = `${path} ${JSON.stringify(query)}`
  if (!looks.has(name)) looks.set(name, new Look(path, query, every))
  return looks.get(name)
}

/** The same, while a component is shown. */
export function useLook(path, every, query) {
  const look = lookAt(path, every, query)
  useSources(look)
  useEffect(() => look.use(), [look])
  return look
}

/** Who is back asks at once. */
const all = () => looks.forEach((look) => look.again())
jindu.on('state', (state) => state === 'live' && all())
document.addEventListener('visibilitychange', () => document.hidden || all())

export const STATS = ['/v1/stats', 2]
export const TYPES = ['/v1/types', 10]
