// One job: where it stands, why it waits, its stages in time, what it has found, how it ended and what helps.

import { cancel, retry } from '../doing.js'
import { html, useEffect, useMemo } from '../html.js'
import { Icon } from '../icons.js'
import { JobWatch } from '../job_watch.js'
import { age, clock, language, moment, number, pick, span, text } from '../language.js'
import { notices, refusal } from '../notices.js'
import { Bar, Chip, Facts, Json, Mood, Panel, Percent } from '../parts.js'
import { jobLink, link } from '../routing.js'
import { remaining } from '../../sdk/remaining.js'
import { address, key, standing } from '../server.js'
import { useClock, useSources } from '../source.js'
import { ran, where } from '../states.js'
import { Ended } from './job_error.js'
import { History } from './job_history.js'
import { Stages } from './job_stages.js'

export function Job({ id }) {
  const watch = useMemo(() => new JobWatch(id), [id])
  useSources(watch, standing)
  useEffect(() => () => watch.close(), [watch])
  const { state, facts } = watch
  if (watch.error && !state) return html`<${Missing} id=${id} error=${watch.error} />`
  if (!state) return html`<${Head} watch=${watch} id=${id} /><p class="empty" role="status">${text('loading')}</p>`
  return html`<${Head} watch=${watch} id=${id} /><${Now} watch=${watch} /><${Ended} watch=${watch} />
    ${facts && html`<${Stages} facts=${facts} state=${state} />`}
    <${Found} watch=${watch} />
    ${facts && html`<${About} facts=${facts} /><${History} watch=${watch} />`}`
}

const Missing = ({ id, error }) => html`<p class="crumbs"><a id="back" href=${link(['jobs'])}><${Icon} name="back" size="16" />${text('back')}</a></p>
  <div class="nothing"><h1>${text('not_found')}</h1><p id="job-note" role="status">${error.status === 404 ? text('not_found_text', { id }) : refusal(error)}</p></div>`

function Head({ watch, id }) {
  const { state, facts } = watch
  return html`<p class="crumbs"><a id="back" href=${link(['jobs'])}><${Icon} name="back" size="16" />${text('back')}</a></p>
    <div class="page-head job-head">
      <div><h1 id="job-title">${facts?.type ?? text('job')}</h1>
        <p class="code-line"><code id="job-id">${id}</code>
          <button type="button" class="link" onClick=${() => copy(id)}>${text('copy')}</button></p></div>
      ${state && html`<${Buttons} watch=${watch} id=${id} state=${state} />`}
    </div>`
}

/** What can be done to it as it stands. */
function Buttons({ watch, id, state }) {
  const off = !standing.acts
  if (!state.is_completed) {
    return html`<div class="buttons"><button id="cancel" type="button" class="danger" disabled=${off || state.cancelling} onClick=${() => stop(watch)}>${text('cancel')}</button></div>`
  }
  if (state.status === 'completed' || watch.facts?.retried_by) return null
  return html`<div class="buttons"><button id="retry" type="button" class="primary" disabled=${off} onClick=${() => retry(id)}>${text('retry')}</button>
    <button id="retry-start" type="button" disabled=${off} title=${text('retry_start_text')} onClick=${() => retry(id, 'start')}>${text('retry_start')}</button></div>`
}

async function stop(watch) {
  const body = await cancel(watch.id)
  if (body) watch.take(body)
}

async function copy(id) {
  const done = await navigator.clipboard?.writeText(id).then(() => true, () => false)
  notices.say(text(done ? 'copied' : 'not_copied'), done ? 'good' : 'bad')
}

function Now({ watch }) {
  useClock(1)
  const { state } = watch
  const type = watch.facts?.type
  return html`<section class="panel now" data-status=${state.status} aria-label=${text('status')}>
    <p class="now-line"><span id="job-status"><${Mood} state=${state} /></span>
      ${watch.stale && !state.is_completed && standing.live ? html`<span id="job-waiting"><${Chip} of="waiting" /></span>` : null}
      <strong id="job-stage">${state.is_completed ? '' : where({ ...state, type })}</strong>
      <span id="job-percent"><${Percent} state=${state} /></span></p>
    <span id="job-bar"><${Bar} state=${state} name=${type ?? text('job')} /></span>
    <p id="job-message" class="message">${state.message}</p>
    <p class="quiet dots" id="job-attempt">${beside(watch).map((part) => html`<span key=${part}>${part}</span>`)}</p>
    <${Why} watch=${watch} />
  </section>`
}

/** Which attempt it is, how long it has run, how long it may take. */
function beside({ state, facts }) {
  const took = ran(facts ?? state, Date.now())
  const parts = []
  if (state.max_attempts > 1) parts.push(text('attempt', { attempt: state.attempt, most: state.max_attempts }))
  if (took !== null) parts.push(text(state.is_completed ? 'took' : 'runs_for', { span: span(took) }))
  if (state.is_completed) return parts
  if (state.retry_at) parts.push(text('retry_at', { time: clock(state.retry_at) }))
  const left = remaining({ eta: state.eta }, language.code)
  if (left) parts.push(left)
  return parts
}

function Why({ watch }) {
  const { reasons, state } = watch
  if (!reasons.length || state.is_completed) return null
  const place = remaining({ queue: state.queue }, language.code)
  return html`<div id="why" class="why"><h3>${text('why')}</h3>
    <ul>${reasons.map((reason) => html`<li key=${reason.code}>${pick(reason.text)}</li>`)}${place && html`<li>${place}</li>`}</ul></div>`
}

function Found({ watch }) {
  const partial = [...watch.partial.entries()]
  const { state, facts } = watch
  return html`${state.status === 'completed' && watch.result !== undefined && html`<${Panel} id="job-result" title=${text('result')}
      aside=${key() ? null : html`<a href=${address(`${watch.path}/result`)}>${text('as_json')}</a>`}><div id="result"><${Json} value=${watch.result} /></div><//>`}
    ${partial.length > 0 && html`<${Panel} id="job-partial" title=${`${text('partial')} (${number(partial.length)})`}>
      <ol id="partial" class="partial">${partial.map(
        ([name, { data }]) => html`<li key=${name}><h3>${name}</h3>${data === undefined ? html`<p class="quiet">${text('fetching')}</p>` : html`<${Json} value=${data} />`}</li>`,
      )}</ol><//>`}
    ${facts && html`<${Panel} id="job-params" title=${text('params')}><div id="params"><${Json} value=${facts.params} /></div><//>`}`
}

function About({ facts }) {
  const to = (id) => id && html`<a href=${jobLink(id)}><code>${id}</code></a>`
  const at = (time) => time && html`<time datetime=${time} title=${age(time)}>${moment(time)}</time>`
  const only = (name, value) => value && html`<a href=${link(['jobs'], { [name]: value })}>${value}</a>`
  return html`<${Panel} id="job-facts" title=${text('about')}><${Facts} pairs=${[
    [text('created'), at(facts.created_at)], [text('started'), at(facts.started_at)], [text('finished'), at(facts.finished_at)],
    [text('expires'), at(facts.expires_at)], [text('owner'), only('owner', facts.owner)],
    [text('tags'), facts.tags.length ? facts.tags.map((tag) => html`<a key=${tag} class="pill" href=${link(['jobs'], { tag })}>${tag}</a>`) : ''],
    [text('priority'), facts.priority || ''], [text('batch'), only('batch', facts.batch)],
    [text('retry_of'), to(facts.retry_of)], [text('retried_by'), to(facts.retried_by)],
  ]} /><//>`
}
