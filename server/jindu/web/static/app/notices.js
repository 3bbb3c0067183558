// What became of what a person did, in words; and questions before something is done.

import { html, useEffect, useRef } from './html.js'
import { pick, text } from './language.js'
import { standing } from './server.js'
import { Source, useSources } from './source.js'

const SHOWN_MS = 7_000

class Notices extends Source {
  items = []
  question = null
  #number = 0

  say(words, kind = 'good') {
    const item = { id: ++this.#number, words, kind }
    this.items = [...this.items.slice(-3), item]
    setTimeout(() => this.drop(item), kind === 'bad' ? 2 * SHOWN_MS : SHOWN_MS)
    this.now()
  }

  drop(item) {
    this.items = this.items.filter((one) => one !== item)
    this.now()
  }

  /** Whether it is to be done. `words` {title, body, yes, no}. */
  ask(words) {
    return new Promise((resolve) => {
      this.question = { ...words, resolve }
      this.now()
    })
  }

  answer(yes) {
    this.question?.resolve(yes)
    this.question = null
    this.now()
  }
}

export const notices = new Notices()

/** A refusal in words for people. */
export function refusal(error) {
  if (error.status === 403) return text('forbidden')
  if (!error.status) return text('failed_call')
  return pick(error.body?.text, pick(error.body?.title, error.message))
}

/** Do something and say what became of it; undefined when it did not work. */
export async function attempt(run, done) {
  try {
    const value = await run()
    if (done) notices.say(typeof done === 'function' ? done(value) : done)
    return value
  } catch (error) {
    if (error.status === undefined) throw error // a fault of ours is not hidden
    standing.refused(error, 'acts')
    notices.say(refusal(error), 'bad')
    return undefined
  }
}

export function Told() {
  useSources(notices)
  return html`<div class="notices" role="status" aria-live="polite">
    ${notices.items.map(
      (item) => html`<p key=${item.id} class="notice" data-kind=${item.kind}>
        <span>${item.words}</span>
        <button type="button" class="quiet" aria-label=${text('close')} onClick=${() => notices.drop(item)}>×</button>
      </p>`,
    )}
  </div>`
}

export function Question() {
  useSources(notices)
  const dialog = useRef()
  const asked = notices.question
  useEffect(() => {
    if (asked) dialog.current.showModal()
  }, [asked])
  if (!asked) return null
  return html`<dialog ref=${dialog} id="ask" aria-labelledby="ask-title" onClose=${() => notices.answer(dialog.current?.returnValue === 'yes')}>
    <h2 id="ask-title">${asked.title}</h2>
    <p>${asked.body}</p>
    <form method="dialog" class="buttons">
      <button id="ask-no" value="no">${asked.no}</button>
      <button id="ask-yes" value="yes" class=${asked.kind ?? 'danger'}>${asked.yes}</button>
    </form>
  </dialog>`
}
