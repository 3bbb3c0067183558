// Submit a job of one type: a form from its JSON Schema. What the server does not like is said beside the field it is about.

import { html, useState } from '../html.js'
import { Icon } from '../icons.js'
import { pick, text } from '../language.js'
import { TYPES, useLook } from '../look.js'
import { notices, refusal } from '../notices.js'
import { Panel, Waiting } from '../parts.js'
import { go, link } from '../routing.js'
import { fieldsOf, pointed, typed } from '../schema.js'
import { jindu, standing } from '../server.js'

export function Submit({ id }) {
  const look = useLook(...TYPES)
  const type = look.data?.items.find((one) => one.type === id)
  return html`<p class="crumbs"><a id="back" href=${link(['types'])}><${Icon} name="back" size="16" />${text('nav_types')}</a></p>
    <div class="page-head"><h1>${text('submit_one', { type: id })}</h1></div>
    <${Waiting} look=${look} />
    ${look.data && !type && html`<p class="empty">${text('type_unknown', { type: id })}</p>`}
    ${type && html`<${Form} type=${type} />`}`
}

function Form({ type }) {
  const fields = fieldsOf(type.params)
  const [values, setValues] = useState({})
  const [errors, setErrors] = useState({})
  const [busy, setBusy] = useState(false)
  const submit = async (event) => {
    event.preventDefault()
    const { params, wrong } = typed(fields, values)
    if (wrong.length) return setErrors(Object.fromEntries(wrong.map((name) => [name, text('not_json')])))
    setBusy(true)
    setErrors(await sent(type.type, params, values))
    setBusy(false)
  }
  const put = (name, value) => setValues((before) => ({ ...before, [name]: value }))
  return html`<${Panel} title=${text('params')}><form id="submit" class="form" onSubmit=${submit}>
    ${fields.length ? null : html`<p class="quiet">${text('no_params')}</p>`}
    ${fields.map((field) => html`<${Field} key=${field.name} field=${field} value=${values[field.name] ?? field.initial} error=${errors[field.name]} onPut=${(value) => put(field.name, value)} />`)}
    <details class="more"><summary>${text('options')}</summary>${OPTIONS.map((field) => html`<${Field} key=${field.name} field=${{ ...field, title: text(field.words), hint: text(field.hint) }}
      value=${values[field.name] ?? ''} error=${errors[field.name]} onPut=${(value) => put(field.name, value)} />`)}</details>
    ${errors[''] && html`<p class="wrong" role="alert" id="submit-wrong">${errors['']}</p>`}
    <div class="buttons"><button id="submit-send" class="primary" disabled=${busy || !standing.acts}>${text('submit')}</button></div>
  </form><//>`
}

// A name that no parameter can have, so that both kinds share one table of values.
const OPTIONS = [
  { name: ' tags', words: 'tags', hint: 'tags_hint', kind: 'text' },
  { name: ' priority', words: 'priority', hint: 'priority_hint', kind: 'integer' },
  { name: ' delay', words: 'delay', hint: 'delay_hint', kind: 'number', least: 0 },
]

function options(values) {
  const tags = (values[' tags'] ?? '').split(',').map((tag) => tag.trim()).filter(Boolean)
  return {
    ...(tags.length && { tags }),
    ...(values[' priority'] && { priority: Number(values[' priority']) }),
    ...(values[' delay'] && { delay: Number(values[' delay']) }),
  }
}

/** Submit, and show the job; returns what is wrong, by field, '' for what is about none. */
async function sent(type, params, values) {
  try {
    const job = await jindu.submit(type, params, options(values))
    notices.say(text('submitted_done'))
    go(['jobs', job.id])
    return {}
  } catch (error) {
    if (error.status === undefined) throw error
    standing.refused(error, 'acts')
    const of = error.body?.errors ?? []
    const named = Object.fromEntries(of.map((one) => [pointed(one) ?? '', pick(one.text, one.detail)]))
    return Object.keys(named).length ? { '': refusal(error), ...named } : { '': refusal(error) }
  }
}

function Field({ field, value, error, onPut }) {
  const id = `field-${field.name.trim()}`
  const told = { 'aria-invalid': error ? 'true' : null, 'aria-describedby': `${id}-hint` }
  return html`<div class="field" data-kind=${field.kind}>
    <label for=${id}>${field.title}${field.required ? html` <b class="must" title=${text('required')}>*</b>` : ''} <code>${field.title === field.name ? '' : field.name.trim()}</code></label>
    <${Input} id=${id} field=${field} value=${value} told=${told} onPut=${onPut} />
    <p class="hint" id=${`${id}-hint`}>${error ? html`<span class="wrong" role="alert">${error}</span> ` : null}${field.hint}${field.kind === 'words' ? text('a_line_each') : field.kind === 'json' ? text('as_json_hint') : ''}</p>
  </div>`
}

function Input({ id, field, value, told, onPut }) {
  const typedIn = (event) => onPut(event.target.value)
  if (field.kind === 'flag') return html`<input id=${id} type="checkbox" checked=${value} ...${told} onChange=${(event) => onPut(event.target.checked)} />`
  if (field.kind === 'choice') {
    return html`<select id=${id} ...${told} value=${value} onChange=${typedIn}><option value="">${text('choose')}</option>
      ${field.choices.map((one) => html`<option key=${one} value=${JSON.stringify(one)} selected=${JSON.stringify(one) === value}>${String(one)}</option>`)}</select>`
  }
  if (['long', 'words', 'json'].includes(field.kind)) return html`<textarea id=${id} rows="4" maxlength=${field.longest} spellcheck="false" ...${told} value=${value} onInput=${typedIn}></textarea>`
  const numeric = field.kind === 'number' || field.kind === 'integer'
  return html`<input id=${id} type=${numeric ? 'number' : 'text'} step=${field.kind === 'number' ? 'any' : null} maxlength=${numeric ? null : field.longest} ...${told} value=${value} onInput=${typedIn} />`
}
