// The page: one link, one session, one board; whatever arrives is drawn with the next frame of the screen.

import { call, jobPath, keepKey, key, Refused, socketAddress } from './api.js'
import { Board } from './board.js'
import { by, label, mark, put, show, translate } from './dom.js'
import { drawJob } from './job.js'
import { Link } from './link.js'
import { drawFilter, drawList } from './list.js'
import { Session } from './session.js'
import { knows, learn } from './states.js'
import { current, pick, switchLanguage, text } from './texts.js'

const PAGE = 100
const LOOK_MS = 400 // least time between two looks at the stages of the opened job
const GLANCE_MS = 1_500 // the same while it moves within a stage
const FEW = 50 // a look brings all partial results: with more than these it waits for the next stage
const TICK_MS = 1_000 // ages and "waiting" move on without frames

const session = new Session({ feeds: ['jobs'], token: key() })
const board = new Board()
const view = { filter: readFilter(), limit: PAGE, next: null, failed: false, listed: false, opened: null, ahead: 0 }
const link = new Link(session, socketAddress(), { outputs, state: () => draw(), slow: () => list(), poll })

// What arrives.

function outputs(arrived) {
  for (const output of arrived) {
    if (output.kind === 'hello') {
      board.meet(output.epoch)
      if (output.now) view.ahead = Date.parse(output.now) - Date.now()
    } else if (output.kind === 'subscribed' && 'jobs' in output.channels) {
      board.began()
      list()
      look()
    } else if (output.kind === 'feed') board.feed(output.frame)
    else if (output.job === view.opened?.id) moved(output)
  }
  draw()
}

/** Something new about the opened job: large data is fetched, the stages are looked at again when one has changed. */
function moved(output) {
  const opened = view.opened
  if (output.kind === 'problem') {
    opened.note = () => pick(session.held.get(opened.id)?.refused?.title, output.code)
    return
  }
  if (output.kind === 'result' && output.data === undefined && output.url) fill(opened, output)
  const state = output.state ?? {}
  if (output.kind === 'complete' && state.result === undefined && state.result_url) fillResult(opened, state)
  const facts = opened.facts
  const entered = !facts || ['stage', 'attempt', 'status'].some((name) => facts[name] !== state[name])
  if (entered) look()
  else if (session.held.get(opened.id).results.size <= FEW) look(GLANCE_MS)
}

async function fill(opened, { key, url }) {
  const entry = session.held.get(opened.id)?.results.get(key)
  const data = await call(url).catch(() => undefined)
  if (entry && data !== undefined) entry.data = data
  draw()
}

async function fillResult(opened, state) {
  state.result = await call(state.result_url).catch(() => undefined)
  if (opened === view.opened) draw()
}

// What is asked for.

/** The first page again; fails when HTTP does, so that polling knows. */
async function readList() {
  const filter = view.filter
  const page = await call('v1/jobs', { query: { ...filter, limit: PAGE } })
  if (filter !== view.filter) return
  board.page(page.items, filter, { last: page.next_cursor === null })
  if (view.limit === PAGE) view.next = page.next_cursor
  view.failed = false
  view.listed = true
  draw()
}

function list() {
  readList().catch((error) => {
    view.failed = true
    if (error instanceof Refused && error.status === 401) askForKey()
    draw()
  })
}

/** The server has keys: without one, or with one that is no good, nothing is shown. */
function askForKey() {
  if (by('door').open) return
  show(by('door-wrong'), key() !== '')
  by('door').showModal()
}

async function more() {
  const { filter, next } = view
  if (!next) return
  const from = board.shown(filter, view.limit).at(-1)?.created_at ?? null
  try {
    const page = await call('v1/jobs', { query: { ...filter, limit: PAGE, cursor: next } })
    board.page(page.items, filter, { from, last: page.next_cursor === null })
    view.next = page.next_cursor
    view.limit += PAGE
  } catch {
    view.failed = true
  }
  draw()
}

/** The titles of a type's stages are in snapshots only: one look for each type. */
function learnTitles(item) {
  learn({ type: item.type })
  call(jobPath(item.id)).then(learn, () => undefined).then(draw)
}

async function poll() {
  await readList()
  if (view.opened && !session.held.get(view.opened.id)?.over) await readJob(view.opened)
}

async function readJob(opened) {
  const body = await call(jobPath(opened.id))
  if (opened !== view.opened) return
  learn(body)
  board.snapshot(body)
  if (!opened.facts || body.seq >= opened.facts.seq || body.epoch !== opened.facts.epoch) opened.facts = body
  opened.note = null
  for (const output of session.snapshot(body, now())) moved(output)
  draw()
}

/** Look at the opened job by HTTP, soon, and no more often than a person can see. */
function look(least = LOOK_MS) {
  const opened = view.opened
  if (!opened) return
  clearTimeout(opened.timer)
  opened.due = Math.max(performance.now(), Math.min(opened.due, opened.looked + least))
  opened.timer = setTimeout(() => {
    opened.looked = performance.now()
    opened.due = Infinity
    if (opened !== view.opened) return
    readJob(opened).catch((error) => {
      if (error instanceof Refused && error.status < 500) opened.note = () => refusal(error)
      draw()
    })
  }, opened.due - performance.now())
}

function refusal(error) {
  return error instanceof Refused && error.problem ? pick(error.problem.text, error.problem.title) : text('failed_call')
}

async function cancel() {
  const opened = view.opened
  try {
    const body = await call(`${jobPath(opened.id)}/cancel`, { method: 'POST' })
    if (opened !== view.opened) return
    opened.facts = { ...opened.facts, ...body }
    session.snapshot(body, now())
    board.snapshot(body)
  } catch (error) {
    opened.note = () => refusal(error)
  }
  draw()
}

// What people do.

function readFilter() {
  const query = new URLSearchParams(location.search)
  return { status: query.get('status') ?? '', type: query.get('type') ?? '' }
}

function changeFilter() {
  const url = new URL(location.href)
  for (const name of ['status', 'type']) {
    const value = by(`filter-${name}`).value
    if (value) url.searchParams.set(name, value)
    else url.searchParams.delete(name)
  }
  history.replaceState(null, '', url)
  Object.assign(view, { filter: readFilter(), limit: PAGE, next: null })
  list()
  draw()
}

function readHash() {
  const id = new URLSearchParams(location.hash.slice(1)).get('job')
  if (id === (view.opened?.id ?? null)) return
  const before = view.opened?.id
  if (before) session.unwatch(before)
  view.opened = id ? { id, facts: null, note: null, timer: null, due: Infinity, looked: -Infinity } : null
  if (id) session.watch(id)
  link.flush()
  look()
  drawNow()
  if (id) by('job').focus({ preventScroll: innerWidth > 860 })
  else if (before) document.querySelector(`[data-job="${CSS.escape(before)}"] .name`)?.focus()
}

function listen() {
  addEventListener('hashchange', readHash)
  by('filter').addEventListener('change', changeFilter)
  by('filter').addEventListener('submit', (event) => event.preventDefault())
  by('more').addEventListener('click', more)
  by('find').addEventListener('submit', (event) => {
    event.preventDefault()
    const id = by('find-id').value.trim()
    if (id) location.hash = `job=${encodeURIComponent(id)}`
  })
  by('back').addEventListener('click', (event) => {
    event.preventDefault()
    location.hash = ''
  })
  by('cancel').addEventListener('click', () => by('ask').showModal())
  by('ask').addEventListener('close', () => {
    if (by('ask').returnValue === 'yes') cancel()
    by('ask').returnValue = ''
  })
  by('door').addEventListener('close', () => {
    if (!by('door-key').value.trim()) return
    keepKey(by('door-key').value.trim())
    location.reload()
  })
  by('language').addEventListener('click', () => {
    switchLanguage()
    speak()
  })
}

// What is drawn.

let due = false

function draw() {
  if (due) return
  due = true
  requestAnimationFrame(drawNow)
}

function drawNow() {
  due = false
  const nowMs = Date.now() + view.ahead
  mark(by('link'), 'state', link.state)
  put(by('link-name'), text(`link_${link.state}`))
  const items = board.shown(view.filter, view.limit)
  for (const item of items) if (!knows(item.type)) learnTitles(item)
  drawFilter(view.filter, board.types())
  drawList({ items, chosen: view.opened?.id, nowMs, note: listNote(items) })
  show(by('more'), view.next !== null)
  const opened = view.opened
  show(by('job'), opened !== null)
  document.body.classList.toggle('opened', opened !== null)
  if (!opened) return
  const held = session.held.get(opened.id)
  const live = link.state === 'live' || link.state === 'polling'
  drawJob({ id: opened.id, held, facts: opened.facts, note: opened.note?.() ?? '', live, nowMs, nowSeconds: now() })
}

function listNote(items) {
  if (view.failed && link.state !== 'live') return text('list_failed')
  if (items.length || !view.listed) return ''
  return text(view.filter.status || view.filter.type ? 'none_fit' : 'none')
}

function speak() {
  translate()
  put(by('language'), text('language'))
  by('language').lang = current() === 'zh' ? 'en' : 'zh-CN'
  label(by('language'), text('language_label'))
  drawNow()
}

function now() {
  return performance.now() / 1000
}

listen()
speak()
readHash()
list()
link.start()
setInterval(() => document.hidden || draw(), TICK_MS)
