// All jobs: filters that stand in the address, rows that move by themselves, and one thing done to all that fit.

import { board } from '../board.js'
import { bulk } from '../doing.js'
import { html, useEffect } from '../html.js'
import { number, text } from '../language.js'
import { TYPES, useLook } from '../look.js'
import { Choice } from '../parts.js'
import { route } from '../routing.js'
import { Rows } from '../rows.js'
import { standing } from '../server.js'
import { useSources } from '../source.js'
import { STATUSES } from '../states.js'

const FILTERS = ['status', 'type', 'owner', 'tag', 'batch', 'q']

export function Jobs() {
  useSources(route, board)
  const filter = Object.fromEntries(FILTERS.filter((name) => route.query[name]).map((name) => [name, route.query[name]]))
  const named = JSON.stringify(filter)
  useEffect(() => board.show(filter), [named])
  const view = board.view(filter)
  return html`<div class="page-head"><h1>${text('nav_jobs')}</h1><p class="quiet" id="count">${counted(view)}</p></div>
    <${Filters} filter=${filter} /><${BulkBar} filter=${filter} />
    <${Rows} view=${view} key=${named} onEnd=${() => board.more(filter)} empty=${nothing(view, filter)} />`
}

function counted({ items, read, whole }) {
  if (!read) return ''
  if (items.length === 1 && whole) return text('count_one')
  return text(whole ? 'count_all' : 'count_some', { count: number(items.length) })
}

function nothing(view, filter) {
  if (view.failed && !view.items.length) return text(standing.lists === false ? 'lists_refused' : 'list_failed')
  if (!view.read) return text('loading')
  return text(Object.keys(filter).length ? 'none_fit' : 'none')
}

function Filters({ filter }) {
  const known = useLook(...TYPES).data?.items.map((type) => type.type) ?? []
  const types = [...new Set([...known, ...(filter.type ? [filter.type] : [])])].sort()
  const all = ['', text('all')]
  const rest = FILTERS.slice(2).filter((name) => filter[name])
  return html`<form id="filter" class="filters" role="search" aria-label=${text('filter')} onSubmit=${(event) => event.preventDefault()}>
    <${Statuses} chosen=${filter.status ?? ''} />
    <${Choice} id="filter-type" label=${text('type')} chosen=${filter.type ?? ''} choices=${[all, ...types.map((name) => [name, name])]}
      onChoose=${(type) => route.choose({ type })} />
    <label class="field"><span>${text('search')}</span><input id="filter-q" type="search" value=${filter.q ?? ''} maxlength="200"
      placeholder=${text('search_hint')} autocomplete="off" spellcheck="false" onChange=${(event) => route.choose({ q: event.target.value.trim() })} /></label>
    ${rest.filter((name) => name !== 'q').map(
      (name) => html`<button key=${name} type="button" class="pill" aria-label=${text('remove_filter', { name: text(name) })}
        onClick=${() => route.choose({ [name]: '' })}>${text(name)}: ${filter[name]} <b aria-hidden="true">×</b></button>`,
    )}
  </form>`
}

const Statuses = ({ chosen }) => html`<div class="segments" role="group" aria-label=${text('status')}>
  ${['', ...STATUSES].map(
    (status) => html`<button key=${status} type="button" data-value=${status} data-status=${status} aria-pressed=${status === chosen ? 'true' : 'false'}
      onClick=${() => route.choose({ status })}>${text(status ? `status_${status}` : 'all')}</button>`,
  )}
</div>`

function BulkBar({ filter }) {
  useSources(bulk, standing)
  if (bulk.running) {
    const so = { done: number(bulk.done + bulk.refused), total: number(bulk.total) }
    return html`<div class="bulk" role="status"><progress max=${bulk.total} value=${bulk.done + bulk.refused} aria-label=${text('bulk_progress', so)}></progress>
      <span>${text('bulk_progress', so)}</span><button type="button" onClick=${() => bulk.stop()}>${text('bulk_stop')}</button></div>`
  }
  const can = (what, statuses) => html`<button id=${`bulk-${what}`} type="button" disabled=${!standing.acts || (filter.status && !statuses.includes(filter.status))}
    onClick=${() => bulk.run(what, filter)}>${text(`bulk_${what}`)}</button>`
  return html`<div class="bulk">${can('cancel', ['pending', 'running'])}${can('retry', ['failed', 'cancelled'])}
    ${standing.acts ? null : html`<span class="quiet">${text('read_only')}</span>`}</div>`
}
