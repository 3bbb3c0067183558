// One job: where it stands, its stages in time, what it has found, how it ended.

import { address, jobPath } from './api.js'
import { bar, by, element, json, label, mark, put, show } from './dom.js'
import { drawn, percentText, stageTitle, word } from './states.js'
import { clock, current, moment, percent, pick, seconds, text } from './texts.js'

let drawnFor = '' // job, history and language the lists below were drawn for
let drawnResult

/** `held` is the session's, `facts` the last snapshot (or null), `note` a sentence for people (or ''). */
export function drawJob({ id, held, facts, note, live, nowMs, nowSeconds }) {
  const state = held.state
  const known = state.status !== undefined
  put(by('job-title'), facts ? facts.type : text('job'))
  put(by('job-id'), id)
  put(by('job-note'), note || (known ? '' : text('loading')))
  show(by('job-note'), Boolean(note) || !known)
  show(by('job-body'), known)
  by('cancel').disabled = !known || state.is_completed || state.cancelling
  show(by('cancel'), known)
  if (!known) return
  const fresh = `${id} ${held.history} ${current()}`
  if (fresh !== drawnFor) {
    drawnFor = fresh
    drawnResult = undefined
    for (const name of ['partial', 'params', 'result', 'stages']) by(name).replaceChildren()
  }
  drawHead(state, facts, held, live, nowSeconds)
  drawError(state)
  drawStages(state, facts, nowMs)
  drawPartial(id, held)
  drawResult(id, state)
  drawFacts(state, facts)
}

function drawHead(state, facts, held, live, nowSeconds) {
  put(by('job-status'), text(`status_${word(state)}`))
  mark(by('job-status'), 'status', word(state))
  const quiet = held.heard !== null && state.stale_after && nowSeconds - held.heard > state.stale_after
  show(by('job-waiting'), Boolean(live && quiet && !state.is_completed))
  put(by('job-stage'), state.is_completed ? '' : stageTitle(facts?.type, state.stage))
  put(by('job-percent'), percentText(state))
  bar(by('job-bar'), drawn(state), state.status)
  label(by('job-bar'), text('progress_of', { name: facts?.type ?? text('job') }))
  put(by('job-message'), state.message)
  const attempt = state.max_attempts > 1 ? text('attempt', { attempt: state.attempt, most: state.max_attempts }) : ''
  const retry = state.retry_at && !state.is_completed ? text('retry_at', { time: clock(state.retry_at) }) : ''
  put(by('job-attempt'), [attempt, retry].filter(Boolean).join(' · '))
  show(by('job-attempt'), Boolean(attempt || retry))
}

function drawError(state) {
  const error = state.is_completed ? state.error : null
  show(by('job-error'), Boolean(error))
  if (!error) return
  put(by('error-title'), pick(error.title, error.code))
  put(by('error-message'), pick(error.message))
  put(by('error-action'), pick(error.action_text))
  show(by('error-advice'), Boolean(error.action_text))
  put(by('error-code'), error.code)
  put(by('error-id'), error.id)
  show(by('error-id-line'), Boolean(error.id))
}

function drawStages(state, facts, nowMs) {
  const stages = facts?.stages ?? []
  show(by('job-stages'), stages.length > 0)
  const list = by('stages')
  stages.forEach((stage, place) => {
    const node = list.children[place] ?? list.appendChild(stageNode())
    const [title, when, progress] = node.children
    // The frames run ahead of the snapshot that the stages come from: an end counts at once.
    const now = stage.state === 'running' && state.is_completed ? state.status : stage.state
    mark(node, 'status', now)
    if (now === 'running') node.setAttribute('aria-current', 'step')
    else node.removeAttribute('aria-current')
    put(title, pick(stage.title, stage.name))
    put(when, times(stage, now, nowMs))
    show(progress, now === 'running' || now === 'failed' || now === 'cancelled')
    bar(progress, stage.progress, now)
    label(progress, text('progress_of', { name: pick(stage.title, stage.name) }))
  })
  while (list.children.length > stages.length) list.lastElementChild.remove()
}

function stageNode() {
  const node = element('li')
  const progress = element('progress')
  progress.max = 100
  node.append(element('span', 'title'), element('span', 'when'), progress)
  return node
}

function times(stage, state, nowMs) {
  if (!stage.started_at) return state === 'skipped' ? text('status_skipped') : ''
  const until = stage.ended_at ?? new Date(nowMs).toISOString()
  const inside = state === 'running' ? ` · ${percent(stage.progress)}` : ''
  return `${clock(stage.started_at)} · ${seconds(stage.started_at, until)}${inside}`
}

function drawPartial(id, held) {
  const list = by('partial')
  show(by('job-partial'), held.results.size > 0)
  put(by('partial-count'), held.results.size ? `(${held.results.size})` : '')
  if (list.children.length === held.results.size && !list.querySelector('[data-fetching]')) return
  const entries = [...held.results.values()]
  entries.forEach((entry, place) => {
    const node = list.children[place] ?? list.appendChild(element('li'))
    const fetching = entry.data === undefined
    if (node.childElementCount && !(node.dataset.fetching && !fetching)) return
    node.dataset.key = entry.key
    if (fetching) node.dataset.fetching = 'yes'
    else delete node.dataset.fetching
    const whole = address(`${jobPath(id)}/partial/${entry.seq}`).href
    const shown = fetching ? element('p', 'quiet', text('fetching')) : json(entry.data, whole)
    node.replaceChildren(element('h4', '', String(entry.key)), shown)
  })
}

function drawResult(id, state) {
  const has = state.status === 'completed' && state.result !== undefined
  show(by('job-result'), has)
  if (!has || drawnResult === state.result) return
  drawnResult = state.result
  by('result').replaceChildren(json(state.result, address(`${jobPath(id)}/result`).href))
}

function drawFacts(state, facts) {
  show(by('job-params'), Boolean(facts?.params))
  if (facts?.params && !by('params').childElementCount) {
    by('params').replaceChildren(json(facts.params, address(jobPath(facts.id)).href))
  }
  const pairs = facts
    ? [
        ['created', moment(facts.created_at)], ['started', moment(facts.started_at)], ['finished', moment(facts.finished_at)],
        ['owner', facts.owner], ['tags', facts.tags.join(', ')],
      ].filter(([, value]) => value)
    : []
  const list = by('job-facts')
  const wanted = JSON.stringify([current(), pairs])
  if (list.dataset.shown === wanted) return
  list.dataset.shown = wanted
  list.replaceChildren(...pairs.flatMap(([name, value]) => [element('dt', '', text(name)), element('dd', '', value)]))
}
