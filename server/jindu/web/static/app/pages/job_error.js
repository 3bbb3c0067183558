// How a job ended badly: in words for people, with what helps; what is behind it for operators.

import { html, useState } from '../html.js'
import { Icon } from '../icons.js'
import { pick, text } from '../language.js'
import { attempt } from '../notices.js'
import { ask, standing } from '../server.js'

export function Ended({ watch }) {
  const { state } = watch
  const error = state.is_completed ? state.error : null
  if (!error) return null
  return html`<section id="job-error" class="panel error" data-status=${state.status} aria-label=${pick(error.title, error.code)}>
    <h2><${Icon} name="bad" /><span id="error-title">${pick(error.title, error.code)}</span></h2>
    <p id="error-message">${pick(error.message)}</p>
    ${pick(error.action_text) && html`<p id="error-advice">${text('advice')}: <strong id="error-action">${pick(error.action_text)}</strong></p>`}
    <p class="quiet dots"><code id="error-code">${error.code}</code>
      ${error.id && html`<span>${text('error_id')} <code id="error-id">${error.id}</code></span>`}</p>
    ${error.id && standing.operates && html`<${Behind} id=${error.id} key=${error.id} />`}
  </section>`
}

/** The exception, for who runs the server; what looked like a secret was blotted out before it was kept. */
function Behind({ id }) {
  const [context, show] = useState(null)
  if (!context) {
    const read = async () => show((await attempt(() => ask(`/v1/errors/${encodeURIComponent(id)}`))) ?? null)
    return html`<p><button id="behind" type="button" class="link" onClick=${read}>${text('behind')}</button></p>`
  }
  return html`<div class="json" id="traceback"><p>${context.exception}: ${context.message}</p><pre tabindex="0">${context.traceback}</pre></div>`
}
