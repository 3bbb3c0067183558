// What stands above every page: find a job, the language, the colours.

import { html, useState } from './html.js'
import { Icon } from './icons.js'
import { language, text } from './language.js'
import { go } from './routing.js'
import { Source, useSources } from './source.js'

/** An id leads to its job; anything else to the list of what begins with it, has it as a tag or as its type. */
export function Finder() {
  const [typed, type] = useState('')
  const find = (event) => {
    event.preventDefault()
    const wanted = typed.trim()
    if (!wanted) return
    go(...(/^[A-Za-z0-9_-]{16,64}$/.test(wanted) ? [['jobs', wanted]] : [['jobs'], { q: wanted }]))
    type('')
  }
  return html`<form id="find" class="finder" role="search" onSubmit=${find}>
    <${Icon} name="search" size="16" />
    <input id="find-id" aria-label=${text('find')} placeholder=${text('find')} value=${typed} maxlength="64" autocomplete="off"
      autocapitalize="off" spellcheck="false" onInput=${(event) => type(event.target.value)} />
  </form>`
}

export const LanguageSwitch = () => html`<button id="language" type="button" class="ghost" lang=${language.code === 'zh' ? 'en' : 'zh-CN'}
  aria-label=${text('language_label')} title=${text('language_label')} onClick=${() => language.switch()}>${text('language')}</button>`

const KEPT = 'jindu.theme'
const system = matchMedia('(prefers-color-scheme: dark)')

class Theme extends Source {
  constructor() {
    super()
    system.addEventListener('change', () => this.now())
  }

  get dark() {
    const chosen = document.documentElement.dataset.theme
    return chosen ? chosen === 'dark' : system.matches
  }

  /** The other one; if that is what the system wants, the system is followed again. */
  switch() {
    const wanted = this.dark ? 'light' : 'dark'
    const follows = system.matches === (wanted === 'dark')
    if (follows) delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = wanted
    try {
      if (follows) localStorage.removeItem(KEPT)
      else localStorage.setItem(KEPT, wanted)
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
    this.now()
  }
}

export const theme = new Theme()

export function ThemeSwitch() {
  useSources(theme)
  const label = text(theme.dark ? 'theme_light' : 'theme_dark')
  return html`<button id="theme" type="button" class="ghost" aria-label=${label} title=${label} onClick=${() => theme.switch()}>
    <${Icon} name=${theme.dark ? 'sun' : 'moon'} /></button>`
}
