// The warm-up report, built when somebody looks: its sections as figures, what could not be had, and a way to keep it.

import { html } from '../html.js'
import { moment, number, share, span, text, textOr } from '../language.js'
import { lookAt, useLook } from '../look.js'
import { attempt } from '../notices.js'
import { Chip, Facts, Json, Panel, Waiting } from '../parts.js'
import { once, standing } from '../server.js'

const REPORT = ['/v1/report', 0]

export function Report() {
  const look = useLook(...REPORT)
  const report = look.data
  return html`<div class="page-head"><h1>${text('nav_report')}</h1>
      <div class="buttons"><button id="report-again" type="button" onClick=${() => lookAt(...REPORT).again()}>${text('report_again')}</button>
        <button id="report-save" type="button" class="primary" disabled=${!standing.operates} onClick=${save}>${text('report_save')}</button></div></div>
    <${Waiting} look=${look} />
    ${report && html`<p class="quiet">${text('report_made', { time: moment(report.generated_at) })}</p>
      <div class="cards" id="report">${sections(report).map(([name, values]) => html`<${Section} key=${name} name=${name} values=${values} missing=${report.missing} />`)}</div>
      <details class="panel"><summary><h2>${text('as_json')}</h2></summary><${Json} value=${report} /></details>`}`
}

const sections = (report) => Object.entries(report).filter(([, value]) => value && typeof value === 'object' && !Array.isArray(value))

function Section({ name, values, missing }) {
  const whole = missing.includes(name)
  const aside = whole ? html`<${Chip} of="pending">${text('no_data')}<//>` : null
  return html`<${Panel} title=${textOr(`report_${name}`, name)} aside=${aside}><${Facts} pairs=${Object.entries(values).map(([field, value]) => [
    textOr(`field_${field}`, field.replaceAll('_', ' ')),
    whole || missing.includes(`${name}.${field}`) ? html`<span class="quiet" title=${text('no_data')}>–</span>` : figure(field, value),
  ])} /><//>`
}

/** A figure as the name of its field says. */
function figure(field, value) {
  if (value === null) return '–'
  if (typeof value === 'object') return html`<${Json} value=${value} />`
  if (typeof value !== 'number') return /_at$/.test(field) ? moment(value) : String(value)
  if (/_rate$|_ratio$/.test(field)) return share(value)
  return /_ms$/.test(field) ? span(value / 1000) : number(value, 1)
}

async function save() {
  const saved = await attempt(() => once('POST', '/v1/report'), (answer) => text('report_saved', { files: answer.saved.join(', ') }))
  if (saved) lookAt(...REPORT).again()
}
