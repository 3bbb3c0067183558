// Which language is spoken, and how numbers and times are written in it. The words stand in texts.js.

import { Source } from './source.js'
import { TEXTS } from './texts.js'

const KEPT = 'jindu.language'
const LANGUAGES = ['en', 'zh']

class Language extends Source {
  code = document.documentElement.lang.startsWith('zh') ? 'zh' : 'en'

  switch() {
    this.code = this.code === 'zh' ? 'en' : 'zh'
    document.documentElement.lang = this.code === 'zh' ? 'zh-CN' : 'en'
    try {
      localStorage.setItem(KEPT, this.code)
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
    this.now()
  }
}

export const language = new Language()

export function text(key, values = {}) {
  return textOr(key, key, values)
}

/** A text with a fallback, for names that the server makes up. */
export function textOr(key, otherwise, values = {}) {
  const known = Object.hasOwn(TEXTS, key) ? TEXTS[key][LANGUAGES.indexOf(language.code)] : otherwise
  return known.replace(/\{(\w+)\}/g, (_, name) => String(values[name]))
}

/** One of a pair {zh, en} from the server. */
export function pick(pair, otherwise = '') {
  return pair?.[language.code] || pair?.en || otherwise
}

export const locale = () => (language.code === 'zh' ? 'zh-CN' : 'en-GB')

const formats = new Map()

function format(kind, options) {
  const name = `${locale()} ${JSON.stringify(options)}`
  if (!formats.has(name)) formats.set(name, new Intl[kind](locale(), options))
  return formats.get(name)
}

export function number(value, digits = 0) {
  if (value == null) return '–'
  return format('NumberFormat', { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value)
}

export function compact(value) {
  if (value == null) return '–'
  return format('NumberFormat', { notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

/** Of a job: 100 % only when it is done. */
export function percent(value) {
  return `${(Math.floor((value ?? 0) * 10) / 10).toFixed(value >= 100 ? 0 : 1)}%`
}

/** Of a share from 0 to 1. */
export function share(value) {
  return value == null ? '–' : `${(Math.floor(value * 1000) / 10).toFixed(value === 1 ? 0 : 1)}%`
}

export function clock(time) {
  return time ? format('DateTimeFormat', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(time)) : ''
}

export function moment(time) {
  if (!time) return ''
  return format('DateTimeFormat', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(new Date(time))
}

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]]

/** How long ago, or in how long. */
export function age(time, nowMs = Date.now()) {
  if (!time) return ''
  const ahead = (Date.parse(time) - nowMs) / 1000
  const [unit, size] = UNITS.find(([, least]) => Math.abs(ahead) >= least) ?? UNITS.at(-1)
  return format('RelativeTimeFormat', { numeric: 'auto', style: 'narrow' }).format(Math.trunc(ahead / size), unit)
}

const PAIRS = [[3_600, 'min', 60, 's', 1], [86_400, 'h', 3_600, 'min', 60], [Infinity, 'd', 86_400, 'h', 3_600]]

/** A span in seconds, as short as it is still useful. */
export function span(seconds) {
  if (seconds == null) return '–'
  if (seconds < 0.001) return seconds > 0 ? text('unit_us', { value: number(seconds * 1e6) }) : text('unit_ms', { value: 0 })
  if (seconds < 1) return text('unit_ms', { value: number(seconds * 1000, seconds < 0.01 ? 1 : 0) })
  if (seconds < 60) return text('unit_s', { value: number(seconds, seconds < 10 ? 1 : 0) })
  const [, big, size, small, part] = PAIRS.find(([below]) => seconds < below)
  const left = Math.floor((seconds % size) / part)
  const whole = text(`unit_${big}`, { value: number(Math.floor(seconds / size)) })
  return left ? `${whole} ${text(`unit_${small}`, { value: left })}` : whole
}

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let place = 0
  let left = value
  while (left >= 1000 && place < units.length - 1) {
    left /= 1000
    place += 1
  }
  return `${number(left, left < 10 && place ? 1 : 0)} ${units[place]}`
}
