// HTTP, relative to where the page lies, so that it works behind a prefix.

export const BASE = new URL('../', import.meta.url)
const PATIENCE_MS = 15_000
const KEPT = 'jindu-key' // of this tab, until it is closed

/** The key that was given for this server; empty if none was. */
export const key = () => sessionStorage.getItem(KEPT) ?? ''

export const keepKey = (text) => sessionStorage.setItem(KEPT, text)

/** A refusal: `problem` is the body as RFC 9457 has it, null when nothing came at all. */
export class Refused extends Error {
  constructor(status, problem) {
    super(`HTTP ${status}`)
    this.status = status
    this.problem = problem
  }
}

/** The server names paths from its own root; here they start where the page does. */
export function address(path) {
  return new URL(path.replace(/^\/+/, ''), BASE)
}

export function socketAddress() {
  const url = address('v1/ws')
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

export async function call(path, { method = 'GET', query = {} } = {}) {
  const url = address(path)
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value)
  const headers = key() ? { authorization: `Bearer ${key()}` } : {}
  const answer = await fetch(url, { method, headers, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
  const body = await answer.json().catch(() => null)
  if (!answer.ok) throw new Refused(answer.status, body)
  return body
}

export const jobPath = (id) => `v1/jobs/${encodeURIComponent(id)}`
