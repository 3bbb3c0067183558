// Small steps on the document. What the server says becomes text here, never markup; nothing is touched that did not change.

import { current, text } from './texts.js'

export const by = (id) => document.getElementById(id)

export function put(node, value) {
  const shown = String(value ?? '')
  if (node.textContent !== shown) node.textContent = shown
}

export function mark(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value
}

export function show(node, wanted) {
  if (node.hidden === wanted) node.hidden = !wanted
}

export function label(node, value) {
  if (node.getAttribute('aria-label') !== value) node.setAttribute('aria-label', value)
}

export function element(name, className = '', value = '') {
  const node = document.createElement(name)
  if (className) node.className = className
  if (value) node.textContent = value
  return node
}

export function bar(node, value, status) {
  const width = value ?? 0
  if (node.value !== width) node.value = width
  mark(node, 'status', status)
}

/** The words that stand in the document itself. */
export function translate() {
  document.documentElement.lang = current() === 'zh' ? 'zh-CN' : 'en'
  document.title = text('title')
  for (const node of document.querySelectorAll('[data-text]')) put(node, text(node.dataset.text))
  for (const node of document.querySelectorAll('[data-label]')) label(node, text(node.dataset.label))
}

/** Options of a select, kept as they are while they are the same; `chosen` is always among them. */
export function options(select, pairs, chosen) {
  const wanted = JSON.stringify(pairs)
  if (select.dataset.pairs !== wanted) {
    select.dataset.pairs = wanted
    select.replaceChildren(...pairs.map(([value, name]) => new Option(name, value)))
  }
  if (select.value !== chosen) select.value = chosen
}

const MOST = 100_000 // characters of one value that are laid out

/** JSON for reading; what is very long is cut, with a link to all of it. */
export function json(value, whole) {
  const box = element('div')
  const written = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, null, 2)
  box.append(element('pre', '', written.length > MOST ? written.slice(0, MOST) : written))
  if (written.length > MOST) {
    const note = element('p', 'quiet', `${text('cut')} `)
    const link = element('a', '', text('whole'))
    link.href = whole
    note.append(link)
    box.append(note)
  }
  return box
}
