// The ways to the pages, with the numbers that want to be seen from everywhere.

import { html, useEffect, useRef } from './html.js'
import { Icon } from './icons.js'
import { compact, text } from './language.js'
import { STATS, useLook } from './look.js'
import { link, route } from './routing.js'
import { BASE, keepKey, key } from './server.js'
import { useSources } from './source.js'

const PAGES = ['overview', 'jobs', 'types', 'schedules', 'connections', 'alerts', 'report']

export function Nav() {
  const stats = useLook(...STATS).data
  useSources(route)
  const here = PAGES.includes(route.parts[0]) ? route.parts[0] : 'overview'
  const list = useRef()
  // On a phone the ways lie in one line, of which only a part is seen.
  useEffect(() => list.current.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [here])
  const marks = { jobs: [stats?.jobs.running, ''], alerts: [stats?.alerts, 'bad'] }
  return html`<nav class="nav" aria-label=${text('nav')}>
    <a class="brand" href="#/" aria-label=${text('brand')}><img src=${new URL('static/icon.svg', BASE).href} alt="" width="26" height="26" /><span>${text('brand')}</span></a>
    <ul ref=${list}>${PAGES.map((name) => {
      const [count, tone] = marks[name] ?? []
      return html`<li key=${name}><a href=${link([name])} aria-current=${name === here ? 'page' : null}>
        <${Icon} name=${name} /><span>${text(`nav_${name}`)}</span>
        ${count ? html`<b class="mark" data-tone=${tone}>${compact(count)}</b>` : null}</a></li>`
    })}</ul>
    <p class="nav-foot"><a href=${new URL('docs', BASE).href}>${text('api')}</a>
      ${key() && html`<button id="forget" type="button" class="link" onClick=${forget}>${text('forget_key')}</button>`}</p>
  </nav>`
}

function forget() {
  keepKey('')
  location.reload()
}
