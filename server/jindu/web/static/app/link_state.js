// Whether what is seen is live, said honestly: how it comes, and since when it does not.

import { html } from './html.js'
import { clock, text } from './language.js'
import { standing } from './server.js'
import { useClock, useSources } from './source.js'

const GRACE_MS = 1_200 // a link that is made anew at once worries nobody

/** live, polling, connecting, reconnecting, offline, stopped. */
function named() {
  if (standing.live) return 'live'
  if (standing.state === 'paused' && !navigator.onLine) return 'offline'
  if (standing.state === 'idle' && standing.operates) return 'connecting'
  return NAMES[standing.state] ?? (standing.lastLive === null ? 'connecting' : 'reconnecting')
}

// States of the SDK. Live without being so is polling; idle is who may not have a feed.
const NAMES = { suspect: 'live', live: 'polling', idle: 'polling', closed: 'stopped' }

export function LinkState() {
  useSources(standing)
  const name = named()
  return html`<p id="link" class="link-state" role="status" aria-live="polite" data-state=${name} title=${standing.transport ?? ''}>
    <i></i><span>${text(`link_${name}`)}</span></p>`
}

/** A strip across the page while it is not live. */
export function Banner() {
  useSources(standing)
  useClock(0.5)
  const name = named()
  if (standing.locked || name === 'live' || Date.now() - standing.since < GRACE_MS) return null
  const { more = since, todo } = WORDS[name] ?? {}
  return html`<div id="banner" class="banner" role="alert" data-state=${name}>
    <strong>${text(`banner_${name}`)}</strong><span>${more()}</span>
    ${todo === null ? null : html`<button type="button" onClick=${todo === 'reload' ? reload : tryNow}>${text(todo ?? 'try_now')}</button>`}
  </div>`
}

const since = () => (standing.lastLive ? text('banner_since', { time: clock(standing.lastLive) }) : '')

const WORDS = { polling: { more: () => text('banner_polling_more'), todo: null }, stopped: { todo: 'reload' } }

const reload = () => location.reload()

/** The SDK dials at once when the network is said to be back. */
const tryNow = () => dispatchEvent(new Event('online'))
