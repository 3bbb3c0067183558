// The dashboard: where one is, whether it is live, and the page that was asked for.

import { Door } from './door.js'
import { html, render, useEffect } from './html.js'
import { language, text } from './language.js'
import { Banner, LinkState } from './link_state.js'
import { Nav } from './nav.js'
import { Question, Told } from './notices.js'
import { Alerts } from './pages/alerts.js'
import { Connections } from './pages/connections.js'
import { Job } from './pages/job.js'
import { Jobs } from './pages/jobs.js'
import { Overview } from './pages/overview.js'
import { Report } from './pages/report.js'
import { Schedules } from './pages/schedules.js'
import { Submit } from './pages/submit.js'
import { Types } from './pages/types.js'
import { route } from './routing.js'
import { Finder, LanguageSwitch, ThemeSwitch } from './switches.js'
import { useSources } from './source.js'
import { titles } from './titles.js'

const PAGES = { overview: Overview, jobs: Jobs, types: Types, schedules: Schedules, connections: Connections, alerts: Alerts, report: Report }
const OF_ONE = { jobs: Job, types: Submit }

function Page() {
  useSources(route, language, titles)
  const [name = 'overview', one] = route.parts
  const Shown = (one ? OF_ONE[name] : PAGES[name]) ?? Overview
  useEffect(() => {
    document.title = `${text(`nav_${name in PAGES ? name : 'overview'}`)} · ${text('brand')}`
    document.getElementById('main').focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [name, one, language.code])
  return html`<main id="main" tabindex="-1" key=${`${name} ${one}`} data-page=${one ? `${name}-one` : name}><${Shown} id=${one} /></main>`
}

function App() {
  useSources(language)
  return html`<a class="skip" href="#main" onClick=${skip}>${text('skip')}</a>
    <${Nav} />
    <div class="body">
      <header class="top"><${Finder} /><${LinkState} /><${LanguageSwitch} /><${ThemeSwitch} /></header>
      <${Banner} />
      <${Page} />
    </div>
    <${Told} /><${Question} /><${Door} />`
}

function skip(event) {
  event.preventDefault() // the address says which page is shown
  document.getElementById('main').focus()
}

render(html`<${App} />`, document.getElementById('app'))
