// What can be submitted: its limits, how it goes, and whether it may start.

import { html } from '../html.js'
import { number, pick, share, span, text } from '../language.js'
import { lookAt, STATS, TYPES, useLook } from '../look.js'
import { attempt } from '../notices.js'
import { Chip, Facts, Waiting } from '../parts.js'
import { link } from '../routing.js'
import { once, standing } from '../server.js'
import { useSources } from '../source.js'

export function Types() {
  const types = useLook(...TYPES)
  const stats = useLook(...STATS)
  useSources(standing)
  const flow = new Map((stats.data?.by_type ?? []).map((one) => [one.type, one]))
  return html`<div class="page-head"><h1>${text('nav_types')}</h1></div>
    <${Waiting} look=${types} />
    <div class="cards" id="types">${(types.data?.items ?? []).map((type) => html`<${Type} key=${type.type} type=${type} flow=${flow.get(type.type)} />`)}</div>`
}

function Type({ type, flow }) {
  const { limits, counts } = type
  const jobs = (status) => html`<a href=${link(['jobs'], { type: type.type, status })}>${number(counts[status])}</a>`
  return html`<article class="panel card" data-type=${type.type} data-paused=${String(type.paused)}>
    <header class="panel-head"><h2><a href=${link(['jobs'], { type: type.type })}>${type.type}</a> ${type.paused && html`<${Chip} of="retrying">${text('paused')}<//>`}</h2>
      <div class="aside"><button type="button" class="pause" disabled=${!standing.operates} onClick=${() => turn(type)}>${text(type.paused ? 'resume' : 'pause')}</button>
        <a class="button primary" href=${link(['types', type.type])}>${text('submit')}</a></div></header>
    <ol class="planned" aria-label=${text('stages')}>${type.stages.map(
      (stage) => html`<li key=${stage.name} style=${{ flexGrow: stage.weight }} title=${stage.name}>${pick(stage.title, stage.name)}</li>`,
    )}</ol>
    <${Facts} pairs=${[
      [text('running'), jobs('running')], [text('queued'), jobs('pending')], [text('completed'), jobs('completed')], [text('failed'), jobs('failed')],
      [text('at_once'), number(limits.concurrency)], [text('timeout'), span(limits.timeout)], [text('attempts'), number(limits.max_attempts)],
      [text('kept_for'), span(limits.keep_for)], [text('mean_wait_short'), span(flow?.mean_wait)], [text('mean_run'), span(flow?.mean_run)],
      [text('success'), share(flow?.success_rate)], [text('error_rate'), share(flow?.error_rate)],
    ]} />
  </article>`
}

async function turn(type) {
  const way = type.paused ? 'resume' : 'pause'
  await attempt(() => once('POST', `/v1/types/${encodeURIComponent(type.type)}/${way}`), text(`type_${way}_done`, { type: type.type }))
  lookAt(...TYPES).again()
}
