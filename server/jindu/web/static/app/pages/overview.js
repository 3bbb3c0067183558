// All of it in five seconds: whether all is well, what runs, how fast, and what wants a look.

import { board } from '../board.js'
import { Chart } from '../chart.js'
import { html, useEffect, useState } from '../html.js'
import { Icon } from '../icons.js'
import { age, compact, language, moment, number, pick, share, span, text } from '../language.js'
import { lookAt, STATS, useLook } from '../look.js'
import { Bar, Chip, Mood, Panel, Percent, Table, Tile, Waiting } from '../parts.js'
import { jobLink, link } from '../routing.js'
import { remaining } from '../../sdk/remaining.js'
import { standing } from '../server.js'
import { useClock, useSources } from '../source.js'
import { where } from '../states.js'
import { verdict } from '../verdict.js'

const HISTORY = ['/v1/stats/history', 5]
const FEW = 5
const FINE = 15 // seconds between two values of a chart
const COARSE = 60
const ENOUGH = 80 // values of the fine kind, with which the coarse one shows more than noise

export function Overview() {
  const stats = useLook(...STATS)
  const alerts = useLook('/v1/alerts', 5)
  const [step, setStep] = useState(FINE)
  const history = useLook(...HISTORY, { step })
  useEffect(() => {
    if (step === FINE && history.data?.series.at.length > ENOUGH) setStep(COARSE)
  }, [history.data])
  useSources(board, standing)
  useEffect(() => board.show({}, { status: 'failed' }), [])
  return html`<div class="page-head"><h1>${text('nav_overview')}</h1></div>
    ${standing.operates ? html`<${Verdict} stats=${stats.data} alerts=${alerts.data} />` : html`<p class="note">${text('own_jobs_only')}</p>`}
    ${stats.data && html`<${Tiles} stats=${stats.data} series=${history.data?.series} />`}
    <div class="columns">
      <${Moving} />
      <${Failed} />
    </div>
    ${standing.operates && html`<${Charts} look=${history} />`}
    ${stats.data && html`<${Nodes} nodes=${stats.data.nodes} /><${ByType} stats=${stats.data} />`}`
}

function Verdict({ stats, alerts }) {
  if (!stats) return html`<${Waiting} look=${lookAt(...STATS)} />`
  const { level, reasons } = verdict(stats, alerts)
  return html`<section id="verdict" class="verdict" data-level=${level} role="status">
    <${Icon} name=${level === 'good' ? 'good' : 'bad'} size="26" />
    <div><strong>${text(`verdict_${level}`)}</strong>
      <ul>${reasons.map(({ words, href }) => html`<li key=${words}>${href ? html`<a href=${href}>${words}</a>` : words}</li>`)}</ul></div>
  </section>`
}

/** Of the last few steps, so that one of them being empty does not show. */
const lately = (values = [], most = 4) => {
  const some = values.slice(-most).filter((value) => value != null)
  return some.length ? some.reduce((sum, value) => sum + value, 0) / some.length : null
}

function Tiles({ stats, series }) {
  const failed = stats.jobs.failed
  // All nodes that share the store together; what is timed is of the one that answers.
  const all = (name) => stats.nodes.reduce((sum, node) => sum + node[name], 0)
  const rate = series && lately(series.completed)
  const ended = stats.totals.success_rate
  return html`<div class="tiles" id="tiles">
    <${Tile} name=${text('running')} value=${number(all('running'))} note=${text('of_slots', { limit: number(all('concurrency')) })} href=${link(['jobs'], { status: 'running' })} />
    <${Tile} name=${text('queued')} value=${compact(stats.queued)} note=${text('mean_wait', { span: span(stats.mean_wait) })} href=${link(['jobs'], { status: 'pending' })} />
    <${Tile} name=${text('failed')} value=${compact(failed)} tone=${failed ? 'bad' : ''} note=${text('success_rate', { share: share(ended) })} href=${link(['jobs'], { status: 'failed' })} />
    <${Tile} name=${text('rate')} value=${number(rate, 1)} unit=${text('a_minute')} note=${text('done_since', { count: compact(stats.totals.done) })} />
    <${Tile} name=${text('push_lag')} value=${span(stats.push_lag)} note=${text('answers_in', { span: span(stats.http.mean_seconds) })} />
    <${Tile} name=${text('nav_connections')} value=${compact(all('connections'))} note=${text('loop_lag', { span: span(stats.loop_lag) })} href=${link(['connections'])} />
    <${Tile} name=${text('nav_alerts')} value=${number(stats.alerts)} tone=${stats.alerts ? 'bad' : ''} note=${text(stats.alerts ? 'alerts_some' : 'alerts_none')} href=${link(['alerts'])} />
  </div>`
}

function Moving() {
  useClock(1)
  const running = board.newest(FEW, (item) => item.status === 'running')
  return html`<${Panel} id="moving" title=${text('moving')} aside=${html`<a href=${link(['jobs'], { status: 'running' })}>${text('all')}</a>`}>
    ${running.length ? null : html`<p class="empty">${text('moving_none')}</p>`}
    <ul class="brief">${running.map((item) => html`<li key=${item.id} data-job=${item.id}>
      <a href=${jobLink(item.id)}><b>${item.type}</b> <span class="quiet">${where(item)}</span></a><${Percent} state=${item} />
      <${Bar} state=${item} name=${`${item.type} ${item.id}`} /><span class="message quiet">${[item.message, remaining(item, language.code)].filter(Boolean).join(' · ')}</span></li>`)}</ul>
  <//>`
}

function Failed() {
  const failed = board.newest(FEW, (item) => item.status === 'failed')
  return html`<${Panel} id="failed" title=${text('failed_lately')} aside=${html`<a href=${link(['jobs'], { status: 'failed' })}>${text('all')}</a>`}>
    ${failed.length ? null : html`<p class="empty">${text('failed_none')}</p>`}
    <ul class="brief">${failed.map((item) => html`<li key=${item.id} data-job=${item.id}>
      <a href=${jobLink(item.id)}><b>${item.type}</b> <span class="quiet">${pick(item.error?.title, item.error?.code)}</span></a><${Mood} state=${item} />
      <span class="message quiet">${pick(item.error?.action_text)} · ${age(item.updated_at)}</span></li>`)}</ul>
  <//>`
}

function Charts({ look }) {
  if (!look.data) return html`<${Panel} title=${text('last_hour')}><${Waiting} look=${look} /><//>`
  const { at, ...series } = look.data.series
  const ms = (values) => values.map((value) => (value == null ? null : value * 1000))
  return html`<${Panel} id="charts" title=${text('last_hour')} bare>
    <div class="charts">
      <${Chart} title=${text('chart_jobs')} at=${at} lines=${[
        { name: text('completed'), values: series.completed, color: 'good', fill: true },
        { name: text('submitted'), values: series.submitted, color: 'accent' },
        { name: text('failed'), values: series.failed, color: 'bad' },
      ]} />
      <${Chart} title=${text('chart_queue')} at=${at} lines=${[
        { name: text('running'), values: series.running, color: 'accent', fill: true, digits: 0 },
        { name: text('queued'), values: series.queued, color: 'warn', digits: 0 },
      ]} />
      <${Chart} title=${text('chart_latency')} unit=" ms" at=${at} lines=${[
        { name: text('push_lag'), values: ms(series.push_lag), color: 'accent', fill: true },
        { name: text('latency'), values: ms(series.latency), color: 'violet' },
      ]} />
      <${Chart} title=${text('chart_people')} at=${at} lines=${[
        { name: text('messages'), values: series.messages, color: 'violet', digits: 0 },
        { name: text('nav_connections'), values: series.connections, color: 'good', digits: 0 },
      ]} />
    </div><//>`
}

function Nodes({ nodes }) {
  if (nodes.length < 2) return null
  return html`<${Panel} id="nodes" title=${text('nodes')}><${Table} label=${text('nodes')} empty="" columns=${[
    { name: text('node') }, { name: text('since') }, { name: text('running'), right: true }, { name: text('nav_connections'), right: true }, { name: text('state') },
  ]} rows=${nodes.map((node) => ({
    key: node.boot,
    cells: [
      html`<b>${node.host}</b> <code class="quiet">${node.pid}</code>${node.here ? html` <span class="quiet">${text('this_node')}</span>` : ''}`,
      html`<time datetime=${node.since} title=${moment(node.since)}>${age(node.since)}</time>`, `${number(node.running)} / ${number(node.concurrency)}`,
      number(node.connections), html`<${Chip} of=${node.draining ? 'retrying' : 'completed'}>${text(node.draining ? 'draining' : 'ready')}<//>`,
    ],
  }))} /><//>`
}

const ByType = ({ stats }) => html`<${Panel} id="by-type" title=${text('nav_types')} aside=${html`<a href=${link(['types'])}>${text('more')}</a>`}>
  <${Table} label=${text('nav_types')} empty=${text('none')} columns=${[
    { name: text('type') }, { name: text('running'), right: true }, { name: text('queued'), right: true }, { name: text('completed'), right: true },
    { name: text('failed'), right: true }, { name: text('success'), right: true }, { name: text('mean_run'), right: true },
  ]} rows=${stats.by_type.map((type) => ({
    key: type.type,
    cells: [
      html`<a href=${link(['jobs'], { type: type.type })}>${type.type}</a>${type.paused ? html` <span class="chip" data-status="retrying">${text('paused')}</span>` : ''}`,
      `${number(type.active)} / ${number(type.limit)}`, number(type.queued), number(type.done), number(type.failed), share(type.success_rate), span(type.mean_run),
    ],
  }))} /><//>`
