// A long list of which only what can be seen is in the document. Arrow keys go from job to job.

import { html, useLayoutEffect, useRef, useState } from './html.js'
import { age, moment, percent, text } from './language.js'
import { Bar, Mood } from './parts.js'
import { jobLink } from './routing.js'
import { useClock } from './source.js'
import { drawn, percentText, where } from './states.js'

const HEIGHTS = { wide: 40, narrow: 78 } // pixels of a row, as the styles have them
const NARROW = matchMedia('(max-width: 760px)')
const AROUND = 6 // rows above and below what is seen
const NEAR = 40 // rows before the end at which the next page is asked for

export function Rows({ view, onEnd, empty }) {
  useClock(1)
  const box = useRef()
  const [place, setPlace] = useState({ top: 0, height: 800 })
  const tall = NARROW.matches ? HEIGHTS.narrow : HEIGHTS.wide
  useLayoutEffect(() => {
    const look = () => box.current && setPlace({ top: box.current.scrollTop, height: box.current.clientHeight })
    const seen = new ResizeObserver(look)
    seen.observe(box.current)
    return () => seen.disconnect()
  }, [])
  const { items, whole } = view
  const first = Math.max(0, Math.floor(place.top / tall) - AROUND)
  const last = Math.min(items.length, Math.ceil((place.top + place.height) / tall) + AROUND)
  useLayoutEffect(() => {
    if (!whole && items.length && last > items.length - NEAR) onEnd()
  })
  const scrolled = (event) => setPlace({ top: event.target.scrollTop, height: event.target.clientHeight })
  return html`<div class="rows" ref=${box} id="list" role="table" aria-label=${text('nav_jobs')} aria-rowcount=${items.length} tabindex="-1"
      onScroll=${scrolled} onKeyDown=${(event) => step(event, box.current, tall)}>
    <div class="rows-inner" role="rowgroup" style=${{ height: `${items.length * tall}px` }}>
      ${items.slice(first, last).map((item, at) => html`<${Row} key=${item.id} item=${item} at=${first + at} top=${(first + at) * tall} />`)}
    </div>
    ${items.length ? null : html`<p class="empty" id="list-note" role="status">${empty}</p>`}
  </div>`
}

const Row = ({ item, at, top }) => html`<div class="row" role="row" aria-rowindex=${at + 1} data-job=${item.id} data-at=${at} style=${{ transform: `translateY(${top}px)` }}>
  <span class="cell-mood" role="cell"><${Mood} state=${item} /></span>
  <span class="cell-name" role="cell"><a class="name" href=${jobLink(item.id)}><span class="type">${item.type}</span><span class="id">${item.id}</span></a></span>
  <span class="cell-bar" role="cell"><${Bar} state=${item} name=${`${item.type} ${item.id}`} /><span class="percent" title=${percentText(item)}>${percent(drawn(item))}</span></span>
  <span class="cell-says" role="cell"><span class="stage">${where(item)}</span><span class="message">${item.message}</span></span>
  <span class="cell-owner" role="cell">${item.owner}</span>
  <span class="cell-age" role="cell"><time class="age" datetime=${item.created_at} title=${moment(item.created_at)}>${age(item.created_at)}</time></span>
</div>`

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }

/** The row before or after the one that has the focus. */
function step(event, box, tall) {
  const by = STEPS[event.key]
  if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  const count = Math.round(box.firstElementChild.offsetHeight / tall)
  const here = Number(document.activeElement.closest('.row')?.dataset.at ?? -1)
  const to = Math.min(count - 1, Math.max(0, here + by))
  const above = to * tall
  if (above < box.scrollTop) box.scrollTop = above
  else if (above + tall > box.scrollTop + box.clientHeight) box.scrollTop = above + tall - box.clientHeight
  const focus = (tries) => {
    const row = box.querySelector(`.row[data-at="${to}"] .name`)
    if (row) row.focus({ preventScroll: true })
    else if (tries) requestAnimationFrame(() => focus(tries - 1))
  }
  focus(10)
}
