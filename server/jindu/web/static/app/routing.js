// Which page is shown, and with which filters: all of it stands behind the # of the address, so a reload or a link shows the same.

import { Source } from './source.js'

class Route extends Source {
  /** The parts of the path, decoded: `#/jobs/ID?q=1` has ['jobs', 'ID']. */
  parts = []
  query = {}

  constructor() {
    super()
    addEventListener('hashchange', () => this.read())
    this.read()
  }

  read() {
    const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?')
    this.parts = path.split('/').filter(Boolean).map(decoded)
    this.query = Object.fromEntries(new URLSearchParams(query))
    this.now()
  }

  /** Change what stands behind the question mark; it makes no new place to go back to. */
  choose(changes) {
    history.replaceState(null, '', link(this.parts, { ...this.query, ...changes }))
    this.read()
  }
}

/** An address in this page. Empty values are left out. */
export function link(parts, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== '' && value != null)
  const asked = new URLSearchParams(pairs).toString()
  return `#/${parts.map(encodeURIComponent).join('/')}${asked && `?${asked}`}`
}

export const jobLink = (id) => link(['jobs', id])

export function go(...to) {
  location.hash = link(...to)
}

function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a stray % is what somebody typed: taken as it is
  }
}

export const route = new Route()
