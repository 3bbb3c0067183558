// What runs again and again: when next, how it went, and a run out of turn.

import { html } from '../html.js'
import { age, clock, moment, number, span, text } from '../language.js'
import { lookAt, useLook } from '../look.js'
import { attempt } from '../notices.js'
import { Chip, Table, Waiting } from '../parts.js'
import { jobLink, link } from '../routing.js'
import { once, standing } from '../server.js'
import { useClock, useSources } from '../source.js'

const SCHEDULES = ['/v1/schedules', 5]

export function Schedules() {
  const look = useLook(...SCHEDULES)
  useSources(standing)
  useClock(1)
  return html`<div class="page-head"><h1>${text('nav_schedules')}</h1></div>
    <${Waiting} look=${look} />
    ${look.data && html`<section class="panel" id="schedules"><${Table} label=${text('nav_schedules')} empty=${text('schedules_none')} columns=${[
      { name: text('name') }, { name: text('when') }, { name: text('next_run') }, { name: text('last_run') }, { name: text('runs'), right: true },
      { name: text('left_out'), right: true }, { name: text('overlap') }, { name: '' },
    ]} rows=${look.data.items.map(row)} /></section>`}`
}

const row = (one) => ({
  key: one.id,
  cells: [
    html`<b>${one.id}</b> <a class="quiet" href=${link(['jobs'], { type: one.type })}>${one.type}</a> ${one.paused && html`<${Chip} of="retrying">${text('paused')}<//>`}`,
    one.cron ? html`<code>${one.cron}</code> <span class="quiet">${one.timezone}</span>` : text('every', { span: span(one.every) }),
    one.next_at ? html`<time datetime=${one.next_at} title=${one.next.map(moment).join('\n')}>${age(one.next_at)}</time> <span class="quiet">${clock(one.next_at)}</span>` : '–',
    one.last_job ? html`<a href=${jobLink(one.last_job)}>${age(one.last_at)}</a>` : '–',
    number(one.runs), number(one.skipped), html`<span title=${text(`missed_${one.missed}`)}>${text(`overlap_${one.overlap}`)}</span>`,
    html`<span class="buttons"><button type="button" class="small" data-run=${one.id} disabled=${!standing.operates} onClick=${() => run(one)}>${text('run_now')}</button>
      <button type="button" class="small" data-pause=${one.id} disabled=${!standing.operates} onClick=${() => turn(one)}>${text(one.paused ? 'resume' : 'pause')}</button></span>`,
  ],
})

const path = (one, way) => `/v1/schedules/${encodeURIComponent(one.id)}/${way}`

async function run(one) {
  await attempt(() => once('POST', path(one, 'run')), text('run_done', { id: one.id }))
  lookAt(...SCHEDULES).again()
}

async function turn(one) {
  const way = one.paused ? 'resume' : 'pause'
  await attempt(() => once('POST', path(one, way)), text(`schedule_${way}_done`, { id: one.id }))
  lookAt(...SCHEDULES).again()
}
