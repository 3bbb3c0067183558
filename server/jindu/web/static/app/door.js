// A server that has keys asks for one. It is kept in this tab, until that is closed.

import { html, useEffect, useRef } from './html.js'
import { text } from './language.js'
import { keepKey, key, standing } from './server.js'
import { useSources } from './source.js'

export function Door() {
  useSources(standing)
  const dialog = useRef()
  const locked = standing.locked
  useEffect(() => {
    if (locked && !dialog.current.open) dialog.current.showModal()
  }, [locked])
  if (!locked) return null
  const enter = (event) => {
    event.preventDefault()
    keepKey(event.target.elements.key.value.trim())
    location.reload() // all that was refused is asked for again
  }
  return html`<dialog id="door" ref=${dialog} aria-labelledby="door-title" onCancel=${(event) => event.preventDefault()}>
    <h2 id="door-title">${text('door')}</h2>
    <p>${text('door_text')}</p>
    ${key() ? html`<p id="door-wrong" class="wrong" role="alert">${text('door_wrong')}</p>` : null}
    <form onSubmit=${enter}>
      <label class="field"><span>${text('door_key')}</span>
        <input id="door-key" name="key" type="password" autocomplete="off" spellcheck="false" required /></label>
      <div class="buttons"><button id="door-open" class="primary">${text('door_open')}</button></div>
    </form>
  </dialog>`
}
