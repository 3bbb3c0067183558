// The list: one row for each job, kept and only touched where something changed.

import { bar, by, label, mark, options, put, show } from './dom.js'
import { drawn, percentText, STATUSES, where, word } from './states.js'
import { age, moment, text } from './texts.js'

const rows = new Map() // id -> the parts of its row

export function drawList({ items, chosen, nowMs, note }) {
  const list = by('list')
  const wanted = new Set(items.map((item) => item.id))
  for (const [id, row] of rows) {
    if (wanted.has(id)) continue
    row.node.remove()
    rows.delete(id)
  }
  let place = list.firstElementChild
  for (const item of items) {
    const row = rows.get(item.id) ?? made(item)
    if (row.node === place) place = place.nextElementSibling
    else list.insertBefore(row.node, place)
    fill(row, item, item.id === chosen, nowMs)
  }
  show(by('list-note'), note !== '')
  put(by('list-note'), note)
}

export function drawFilter({ status, type }, types) {
  const all = ['', text('all')]
  options(by('filter-status'), [all, ...STATUSES.map((name) => [name, text(`status_${name}`)])], status)
  const named = type && !types.includes(type) ? [...types, type] : types
  options(by('filter-type'), [all, ...named.map((name) => [name, name])], type)
}

function made(item) {
  const node = by('row').content.firstElementChild.cloneNode(true)
  const part = (name) => node.querySelector(name)
  const row = {
    node, name: part('.name'), type: part('.type'), id: part('.id'), chip: part('.chip'), age: part('.age'),
    stage: part('.stage'), percent: part('.percent'), bar: part('progress'), message: part('.message'),
  }
  row.name.href = `#job=${encodeURIComponent(item.id)}`
  node.dataset.job = item.id
  rows.set(item.id, row)
  return row
}

function fill(row, item, chosen, nowMs) {
  put(row.type, item.type)
  put(row.id, item.id)
  put(row.chip, text(`status_${word(item)}`))
  mark(row.chip, 'status', word(item))
  put(row.age, age(item.created_at, nowMs))
  if (row.age.dateTime !== item.created_at) {
    row.age.dateTime = item.created_at
    row.age.title = moment(item.created_at)
  }
  put(row.stage, where(item))
  put(row.percent, percentText(item))
  bar(row.bar, drawn(item), item.status)
  label(row.bar, text('progress_of', { name: `${item.type} ${item.id}` }))
  put(row.message, item.message)
  row.node.classList.toggle('chosen', chosen)
  if (chosen) row.name.setAttribute('aria-current', 'true')
  else row.name.removeAttribute('aria-current')
}
