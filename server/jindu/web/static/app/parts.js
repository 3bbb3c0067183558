// Pieces that several pages are made of.

import { html, useState } from './html.js'
import { text } from './language.js'
import { refusal } from './notices.js'
import { drawn, mood, percentText } from './states.js'

export const Chip = ({ of, children }) => html`<span class="chip" data-status=${of}>${children ?? text(`status_${of}`)}</span>`

export function Bar({ state, name }) {
  return html`<progress max="100" value=${drawn(state)} data-status=${state.status} aria-label=${text('progress_of', { name })}></progress>`
}

export const Mood = ({ state }) => html`<${Chip} of=${mood(state)} />`

export const Percent = ({ state }) => html`<span class="percent">${percentText(state)}</span>`

/** A heading with what belongs to it. */
export const Panel = ({ title, aside, children, id, bare }) => html`<section class=${bare ? 'panel bare' : 'panel'} id=${id} aria-label=${title}>
  <header class="panel-head"><h2>${title}</h2>${aside && html`<div class="aside">${aside}</div>`}</header>
  ${children}
</section>`

export const Tile = ({ name, value, unit, note, tone, href }) => {
  const inside = html`<span class="tile-name">${name}</span>
    <span class="tile-value">${value}${unit && html`<small>${unit}</small>`}</span>
    <span class="tile-note">${note}</span>`
  return href
    ? html`<a class="tile" data-tone=${tone} href=${href}>${inside}</a>`
    : html`<div class="tile" data-tone=${tone}>${inside}</div>`
}

/** What a look has to say before, or instead of, its data. Null when there is data to show. */
export function Waiting({ look }) {
  if (look.data) return null
  if (!look.error) return html`<p class="empty" role="status">${text('loading')}</p>`
  const words = look.error.status === 403 ? text('operators_only') : refusal(look.error)
  return html`<p class="empty" role="status">${words}</p>`
}

/** `columns` [{name, key?, wide?, right?}], a row a list of cells. */
export const Table = ({ label, columns, rows, empty }) => html`<div class="table-box">
  <table role="table" aria-label=${label}>
    <thead><tr role="row">${columns.map((column) => html`<th scope="col" role="columnheader" class=${column.right ? 'right' : ''}>${column.name}</th>`)}</tr></thead>
    <tbody>${rows.map(
      ({ key, cells, tone }) => html`<tr key=${key} role="row" data-tone=${tone}>
        ${cells.map((cell, at) => html`<td role="cell" class=${columns[at].right ? 'right' : ''} data-name=${columns[at].name}>${cell}</td>`)}
      </tr>`,
    )}</tbody>
  </table>
  ${rows.length ? null : html`<p class="empty">${empty}</p>`}
</div>`

export const Facts = ({ pairs }) => html`<dl class="facts">
  ${pairs.filter(([, value]) => value != null && value !== '').map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>`

const MOST = 100_000 // characters of one value that are laid out

/** JSON for reading; what is very long is cut, with a way to all of it. */
export function Json({ value }) {
  const [whole, showWhole] = useState(false)
  const written = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, null, 2) ?? 'null'
  const cut = written.length > MOST && !whole
  return html`<div class="json"><pre tabindex="0">${cut ? written.slice(0, MOST) : written}</pre>
    ${cut && html`<p class="quiet">${text('cut')} <button type="button" class="link" onClick=${() => showWhole(true)}>${text('whole')}</button></p>`}
  </div>`
}

/** A switch between a few. `choices` [[value, name]]. */
export const Choice = ({ label, choices, chosen, onChoose, id }) => html`<label class="field"><span>${label}</span>
  <select id=${id} value=${chosen} onChange=${(event) => onChoose(event.target.value)}>
    ${choices.map(([value, name]) => html`<option key=${value} value=${value} selected=${value === chosen}>${name}</option>`)}
  </select></label>`
