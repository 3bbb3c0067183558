// What happened to a job, in order: claims, stages, attempts, log lines. Asked for when somebody wants to see it.

import { html, useEffect } from '../html.js'
import { clock, moment, pick, text, textOr } from '../language.js'
import { titles } from '../titles.js'

export function History({ watch }) {
  const { events, facts } = watch
  const asked = events !== null
  useEffect(() => {
    if (facts.attempt > 1 && !asked) watch.history()
  }, [facts.attempt])
  return html`<details class="panel" id="job-history" open=${asked} onToggle=${(event) => event.target.open && !asked && watch.history()}>
    <summary><h2>${text('history')}</h2></summary>
    <ol class="events">${(events ?? []).map((event) => html`<li key=${event.seq} data-kind=${event.kind}>
      <time datetime=${event.at} title=${moment(event.at)}>${clock(event.at)}</time>
      <b>${textOr(`event_${event.kind}`, event.kind)}</b><span>${said(event, facts.type)}</span></li>`)}</ol>
  </details>`
}

function said(event, type) {
  if (event.kind === 'stage') return titles.of(type, event.stage)
  if (event.kind === 'log') return event.line
  if (event.kind === 'retry') return `${pick(event.error?.title, event.error?.code)} · ${text('retry_at', { time: clock(event.retry_at) })}`
  return event.error ? pick(event.error.title, event.error.code) : (event.reason ?? '')
}
