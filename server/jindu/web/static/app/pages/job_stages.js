// The stages of a job on one line of time, from its submit to its end, or until now.

import { html } from '../html.js'
import { clock, percent, pick, span, text } from '../language.js'
import { Panel } from '../parts.js'
import { useClock } from '../source.js'

export function Stages({ facts, state }) {
  useClock(facts.is_completed ? 60 : 1)
  const begin = Date.parse(facts.created_at)
  const end = Math.max(begin + 1, facts.finished_at ? Date.parse(facts.finished_at) : Date.now())
  const at = (time) => Math.min(100, Math.max(0, ((Date.parse(time) - begin) / (end - begin)) * 100))
  const first = facts.stages.find((stage) => stage.started_at)?.started_at ?? facts.started_at
  const waited = ((first ? Date.parse(first) : end) - begin) / 1000
  return html`<${Panel} id="job-stages" title=${text('stages')} aside=${html`<span class="quiet">${clock(facts.created_at)} – ${facts.finished_at ? clock(facts.finished_at) : text('now')}</span>`}>
    <ol class="timeline" id="waited"><${Line} state="waited" title=${text('waited')} from=${0} to=${first ? at(first) : 100} when=${span(waited)} /></ol>
    <ol class="timeline" id="stages">${facts.stages.map((stage) => {
      // Frames run ahead of the snapshot that the stages come from: an end counts at once.
      const so = stage.state === 'running' && state.is_completed ? state.status : stage.state
      return html`<${Line} key=${stage.name} state=${so} title=${pick(stage.title, stage.name)} progress=${stage.progress}
        from=${stage.started_at ? at(stage.started_at) : null} to=${stage.ended_at ? at(stage.ended_at) : 100} when=${times(stage, so)} hint=${clock(stage.started_at)} />`
    })}</ol>
  <//>`
}

function times(stage, state) {
  if (!stage.started_at) return state === 'skipped' ? text('status_skipped') : ''
  const until = stage.ended_at ? Date.parse(stage.ended_at) : Date.now()
  const took = span(Math.max(0, until - Date.parse(stage.started_at)) / 1000)
  return state === 'running' ? `${percent(stage.progress)} · ${took}` : took
}

const Line = ({ state, title, from, to, when, hint, progress }) => html`<li data-status=${state} aria-current=${state === 'running' ? 'step' : null}>
  <i class="dot"></i><span class="title" title=${hint}>${title}</span>
  <span class="track">${from === null ? null : html`<span class="stretch" style=${{ left: `${from}%`, width: `${Math.max(0.6, to - from)}%` }}>
    ${state === 'running' ? html`<span class="inner" style=${{ width: `${progress}%` }}></span>` : null}</span>`}</span>
  <span class="when">${when}</span>
</li>`
