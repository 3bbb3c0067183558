// Who is connected, over what, and who is behind.

import { html } from '../html.js'
import { age, bytes, compact, moment, number, span, text } from '../language.js'
import { useLook } from '../look.js'
import { Chip, Panel, Table, Tile, Waiting } from '../parts.js'
import { useClock } from '../source.js'

const TRANSPORTS = ['ws', 'stream', 'longpoll', 'poll']

export function Connections() {
  const look = useLook('/v1/connections', 2)
  useClock(1)
  return html`<div class="page-head"><h1>${text('nav_connections')}</h1></div><${Waiting} look=${look} />
    ${look.data && html`<${Figures} of=${look.data} /><${ByTransport} of=${look.data} /><${Each} of=${look.data} />`}`
}

const Figures = ({ of }) => html`<div class="tiles">
  <${Tile} name=${text('open_now')} value=${number(of.open)} note=${text('ever', { count: compact(of.total) })} />
  <${Tile} name=${text('slow_readers')} value=${number(of.slow)} tone=${of.slow ? 'warn' : ''} note=${text('dropped', { count: number(of.stalled) })} />
  <${Tile} name=${text('push_lag')} value=${span(of.push_lag)} note=${text('push_lag_note')} />
  <${Tile} name=${text('messages')} value=${compact(of.messages)} note=${bytes(of.bytes)} />
  <${Tile} name=${text('conflated')} value=${compact(of.conflated)} note=${text('conflated_note')} />
  <${Tile} name=${text('resumed')} value=${compact(of.resumed)} note=${text('resumed_note')} />
</div>`

const right = (name) => ({ name, right: true })

const ByTransport = ({ of }) => html`<${Panel} id="by-transport" title=${text('by_transport')}><${Table} label=${text('by_transport')} empty="" columns=${[
  { name: text('transport') }, right(text('open_now')), right(text('total')), right(text('slow_readers')), right(text('messages')), right(text('sent')), right(text('conflated')),
]} rows=${TRANSPORTS.map((name) => {
  const one = of.by_transport[name]
  return { key: name, cells: [text(`transport_${name}`), number(one.open), number(one.total), number(one.slow), number(one.messages), bytes(one.bytes), number(one.conflated)] }
})} /><//>`

const Each = ({ of }) => html`<${Panel} id="connections" title=${text('open_now')} aside=${of.items.length < of.open && html`<span class="quiet">${text('slowest_shown', { count: of.items.length })}</span>`}>
  <${Table} label=${text('open_now')} empty=${text('connections_none')} columns=${[
    { name: text('transport') }, { name: text('from') }, { name: text('since') }, right(text('lag')), right(text('channels')), right(text('messages')), right(text('sent')), right(text('conflated')),
  ]} rows=${of.items.map((one) => ({
    key: one.id,
    tone: one.slow ? 'warn' : '',
    cells: [
      html`${text(`transport_${one.transport}`)} ${one.slow && html`<${Chip} of="waiting">${text('slow')}<//>`}`, html`<code title=${one.id}>${one.address ?? '–'}</code>`,
      html`<time datetime=${one.since} title=${moment(one.since)}>${age(one.since)}</time>`, one.lag ? span(one.lag) : '–', number(one.channels), number(one.messages), bytes(one.bytes), number(one.conflated),
    ],
  }))} /><//>`
