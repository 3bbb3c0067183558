// What the pages of the applications share: two languages, the key of this tab, calls, and a job that is seen moving.
import { createClient } from '../static/sdk/index.js'

const ZH = navigator.language.startsWith('zh')
const BASE = new URL('../', import.meta.url)

/** The text for the reader. */
export const say = (zh, en) => (ZH ? zh : en)

export const when = (time) => new Date(time).toLocaleString(say('zh-CN', 'en-GB'))

export const $ = (id) => document.getElementById(id)

// The page is written in Chinese; `data-en` has the same in English.
document.documentElement.lang = say('zh-CN', 'en')
if (!ZH) for (const node of document.querySelectorAll('[data-en]')) node.textContent = node.dataset.en

const key = $('key')
key.value = sessionStorage.getItem('key') ?? ''
key.addEventListener('change', () => sessionStorage.setItem('key', key.value))

export const jindu = createClient({ baseUrl: BASE.href, getToken: () => key.value, lang: say('zh', 'en') })

/** An element with properties, and texts and elements inside; never HTML. */
export function make(tag, properties = {}, ...inside) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...inside)
  return node
}

/** A call of the application's own; throws an Error with the sentence that it refuses with. */
export async function ask(method, path, body) {
  const headers = key.value ? { Authorization: `Bearer ${key.value}` } : {}
  if (body) headers['Content-Type'] = 'application/json'
  const answer = await fetch(new URL(path, BASE), { method, headers, body: body && JSON.stringify(body) })
  const said = await answer.json()
  if (!answer.ok) throw new Error(said.error ?? say(said.text.zh, said.text.en)) // of the application, or of the server
  return said
}

/** A line for a job: its name, a bar, what it says, buttons; `show` says how it stands. */
export class Line {
  constructor(name, where) {
    this.said = make('p', { className: 'said' })
    this.said.setAttribute('role', 'status')
    this.status = make('span', { className: 'quiet' })
    this.bar = make('progress', { max: 100, value: 0 })
    this.buttons = make('div', { className: 'buttons' })
    this.more = make('div')
    this.node = make('div', { className: 'job' }, make('h3', {}, name, this.status), this.bar, this.said, this.buttons, this.more)
    where.prepend(this.node)
  }

  show(status, text) {
    this.node.dataset.status = this.bar.dataset.status = status
    this.status.textContent = STATUSES[status] ?? status
    this.said.textContent = text
  }

  /** A button that is there until the job has ended, or from then on. */
  button(name, text, act) {
    const button = make('button', { type: 'button', textContent: text, onclick: act })
    button.dataset.act = name
    this.buttons.append(button)
    return button
  }
}

const STATUSES = {
  pending: say('等待', 'waiting'), running: say('运行', 'running'), completed: say('完成', 'completed'),
  failed: say('失败', 'failed'), cancelled: say('已取消', 'cancelled'),
}

/**
 * Watch a job on a line to its end. `stages` are titles by name; `onPartial` as of `jindu.watch`; `draw` stands in place of the
 * bar in percent. Resolves with the last update, whichever the end.
 */
export function follow(line, id, { stages = {}, onPartial, draw } = {}) {
  const moved = draw ?? ((update) => { line.bar.value = update.percent })
  return new Promise((resolve) => {
    jindu.watch(id, {
      onPartial,
      onUpdate: (update) => {
        line.show(update.status, [stages[update.stage], update.message].filter(Boolean).join(' · '))
        moved(update)
      },
      onDone: resolve,
      onError: (error) => {
        line.show(error.update?.status ?? 'failed', `${error.title}: ${error.message}`)
        resolve(error.update)
      },
    })
  })
}

/** Watch with a button that cancels while the job is open, and one that tries again when it did not complete. */
export async function lead(line, watch, { cancel, retry }) {
  const stop = line.button('cancel', say('取消', 'Cancel'), async () => {
    stop.disabled = true
    await cancel().catch((error) => { line.said.textContent = error.message }) // it may just have ended
  })
  const last = await watch()
  stop.remove()
  if (last?.status === 'completed' || !retry) return
  const again = line.button('retry', say('重试', 'Retry'), () => {
    again.remove()
    retry().catch((error) => { line.said.textContent = error.message })
  })
}

/** What a form does; a refusal is told below it. Until this module is there its button is disabled: the form itself goes nowhere. */
export function submits(form, act) {
  const wrong = make('p', { className: 'wrong' })
  wrong.setAttribute('role', 'alert')
  form.after(wrong)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    wrong.textContent = ''
    try {
      await act()
    } catch (error) {
      wrong.textContent = error.message
    }
  })
  form.querySelector('button').disabled = false
}

/** Do it now, and again with another key; a refusal is told in its place. */
export function loads(act, where) {
  const again = () => act().catch((error) => { where.textContent = error.message })
  key.addEventListener('change', again)
  return again()
}

/** A table of rows; `columns` are [title, cell of a row, class]. */
export function table(rows, columns) {
  const head = make('tr', {}, ...columns.map(([title, , className = '']) => make('th', { className }, title)))
  const line = (row) => make('tr', { className: row.own ? 'own' : '' },
    ...columns.map(([, cell, className = '']) => make('td', { className }, cell(row) ?? '')))
  return make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows.map(line)))
}
