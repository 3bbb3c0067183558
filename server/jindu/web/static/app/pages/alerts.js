// What is wrong, what was, which rules hold, and who is told.

import { html } from '../html.js'
import { Icon } from '../icons.js'
import { age, moment, number, span, text, textOr } from '../language.js'
import { lookAt, useLook } from '../look.js'
import { attempt, notices } from '../notices.js'
import { Chip, Panel, Table, Waiting } from '../parts.js'
import { once, standing } from '../server.js'
import { useClock } from '../source.js'
import { alertText } from '../states.js'

const ALERTS = ['/v1/alerts', 5]
const STATES = { quiet: 'completed', pending: 'retrying', firing: 'failed' }
const SHARES = /rate$|ratio$/

export function Alerts() {
  const look = useLook(...ALERTS)
  useClock(1)
  return html`<div class="page-head"><h1>${text('nav_alerts')}</h1></div><${Waiting} look=${look} />
    ${look.data && html`<${Active} of=${look.data.active} /><${Rules} of=${look.data.rules} /><${Told} of=${look.data.sinks} /><${Past} of=${look.data.history} />`}`
}

const Active = ({ of }) => html`<div id="active">${of.length
  ? of.map((alert) => html`<section key=${alert.id} class="panel alert" data-level=${alert.level} role="status"><h2><${Icon} name="bad" />${alertText(alert.title, alert.rule)}
      <${Chip} of="failed">${textOr(`level_${alert.level}`, alert.level)}<//></h2>
      <p>${alertText(alert.text)}</p><p class="quiet">${text('since_when', { age: age(alert.fired_at) })} · ${moment(alert.fired_at)}</p></section>`)
  : html`<section class="verdict" data-level="good"><${Icon} name="good" size="26" /><div><strong>${text('alerts_none_long')}</strong></div></section>`}</div>`

/** A figure of a rule in its own unit. */
function figure(rule, value) {
  if (value === null) return '–'
  if (SHARES.test(rule.input)) return `${number(value * 100, 1)}%`
  return /latency|lag/.test(rule.input) ? span(value) : number(value, 2)
}

const Rules = ({ of }) => html`<${Panel} id="rules" title=${text('rules')}><${Table} label=${text('rules')} empty=${text('rules_none')} columns=${[
  { name: text('rule') }, { name: text('state') }, { name: text('value'), right: true }, { name: text('fires_at'), right: true }, { name: text('clears_at'), right: true },
  { name: text('samples'), right: true }, { name: text('window'), right: true }, { name: text('level') },
]} rows=${of.map((rule) => ({
  key: rule.name,
  cells: [
    textOr(`rule_${rule.name}`, rule.name), html`<${Chip} of=${STATES[rule.state]}>${text(`rule_state_${rule.state}`)}<//>`, figure(rule, rule.value),
    `${rule.side === 'above' ? '>' : '<'} ${figure(rule, rule.threshold)}`, figure(rule, rule.clear), rule.samples === null ? '–' : `${number(rule.samples)} / ${number(rule.least)}`,
    span(rule.window), textOr(`level_${rule.level}`, rule.level),
  ],
}))} /><//>`

const Told = ({ of }) => html`<${Panel} id="sinks" title=${text('told_by')} aside=${html`<button id="test-alerts" type="button" class="small" disabled=${!standing.operates} onClick=${test}>${text('send_test')}</button>`}>
  <${Table} label=${text('told_by')} empty=${text('sinks_none')} columns=${[{ name: text('name') }, { name: text('kind') }, { name: text('levels') }, { name: text('waiting_messages'), right: true }, { name: text('last_failure') }]}
    rows=${of.map((sink) => ({
      key: sink.name,
      tone: sink.failed ? 'bad' : '',
      cells: [sink.name, sink.kind, sink.levels.map((level) => textOr(`level_${level}`, level)).join(', '), number(sink.waiting), sink.failed ?? '–'],
    }))} /><//>`

const Past = ({ of }) => html`<${Panel} id="past" title=${text('alerts_past')}><${Table} label=${text('alerts_past')} empty=${text('alerts_past_none')} columns=${[
  { name: text('alert') }, { name: text('level') }, { name: text('fired') }, { name: text('lasted'), right: true }, { name: text('peak'), right: true },
]} rows=${of.map((alert) => ({
  key: alert.id,
  cells: [
    html`<span title=${alertText(alert.text)}>${alertText(alert.title, alert.rule)}</span>`, textOr(`level_${alert.level}`, alert.level), html`<time datetime=${alert.fired_at} title=${moment(alert.fired_at)}>${age(alert.fired_at)}</time>`,
    alert.resolved_at ? span((Date.parse(alert.resolved_at) - Date.parse(alert.fired_at)) / 1000) : '–', figure(alert, alert.peak),
  ],
}))} /><//>`

async function test() {
  const tried = await attempt(() => once('POST', '/v1/alerts/test'))
  for (const one of tried?.items ?? []) {
    notices.say(text(one.ok ? 'test_arrived' : 'test_failed', { sink: one.sink, detail: one.detail ?? '' }), one.ok ? 'good' : 'bad')
  }
  lookAt(...ALERTS).again()
}
