// Small drawings, in the colour of the text beside them.

import { html } from './html.js'

const LINES = {
  overview: 'M3 12h4l3-7 4 14 3-7h4',
  jobs: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  types: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  schedules: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  connections: 'M5 12.5a10 10 0 0 1 14 0M8 15.5a5.5 5.5 0 0 1 8 0M2 9a14.5 14.5 0 0 1 20 0M12 19h.01',
  alerts: 'M18 8a6 6 0 0 0-12 0c0 7-3 8-3 8h18s-3-1-3-8M10.5 20a1.8 1.8 0 0 0 3 0',
  report: 'M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7',
  sun: 'M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12 1v2M12 21v2M4.2 4.2l1.4 1.4M18.4 18.4l1.4 1.4M1 12h2M21 12h2M4.2 19.8l1.4-1.4M18.4 5.6l1.4-1.4',
  moon: 'M21 12.8A9 9 0 1 1 11.2 3a7 7 0 0 0 9.8 9.8z',
  language: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9z',
  key: 'M15 9a5 5 0 1 0-4.6 5L12 12.400l2 2 2-2 2 2 3-3-5.200-2.400z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4',
  good: 'M5 12.500l4.500 4.500L19 7.500',
  bad: 'M12 8v5M12 16.500h.01M10.300 4 2.600 18a2 2 0 0 0 1.700 3h15.400a2 2 0 0 0 1.700-3L13.700 4a2 2 0 0 0-3.400 0z',
  back: 'M15 5l-7 7 7 7',
  play: 'M7 5l11 7-11 7z',
  pause: 'M8 5v14M16 5v14',
}

export const Icon = ({ name, size = 18 }) => html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24"
  fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
  <path d=${LINES[name]} />
</svg>`
