// The server that the page came from, through our own SDK: one client, one link, the key of this tab.

import { createClient } from '../sdk/index.js'
import { language } from './language.js'
import { Source } from './source.js'

/** Where the server is, with the prefix that a proxy may have put before it. */
export const BASE = new URL('../../', import.meta.url)

const KEPT = 'jindu-key' // of this tab, until it is closed

/** The key that was given for this server; empty if none was. */
export function key() {
  try {
    return sessionStorage.getItem(KEPT) ?? ''
  } catch {
    return ''
  }
}

export function keepKey(text) {
  try {
    if (text) sessionStorage.setItem(KEPT, text)
    else sessionStorage.removeItem(KEPT)
  } catch {
    // Without storage a key cannot be kept: the server says again that it needs one.
  }
}

export const jindu = createClient({ baseUrl: BASE.href, getToken: key, lang: language.code })

/** The server names paths from its own root; here they start where the page does. */
export const address = (path) => new URL(path.replace(/^\/+/, ''), BASE).href

/** Ask once; what cannot be answered now is asked again by who looks. */
export const ask = (path, query) => jindu.request('GET', path, { query, patience: 0 })

/** Do something that must not be done twice. */
export const once = (method, path, body) => jindu.request(method, path, { body, patience: 0 })

/** How the link stands, and what this tab may do. */
class Standing extends Source {
  state = jindu.state
  transport = jindu.transport
  since = Date.now() // when it became what it is
  lastLive = null
  locked = false // the server wants a key, or another one
  operates = true // until the server says otherwise
  acts = true

  constructor() {
    super()
    jindu.on('state', (state, transport) => this.#moved(state, transport))
  }

  /** The server said no: `refused` is what was asked for. Returns whether that was for want of rights. */
  refused(error, refused) {
    if (error.status === 401) this.locked = true
    else if (error.status === 403) this[refused] = false
    else return false
    this.now()
    return true
  }

  get live() {
    return this.state === 'live' && /^(ws|stream)$/.test(this.transport)
  }

  #moved(state, transport) {
    if (this.live) this.lastLive = Date.now()
    this.state = state
    this.transport = transport
    this.since = Date.now()
    this.changed()
  }
}

export const standing = new Standing()
