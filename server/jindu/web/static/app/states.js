// How a state is called and drawn, in lists and in one job alike.

import { percent, pick, text } from './language.js'
import { titles } from './titles.js'

export const STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled']

/** What an alert says, without the mark that messages begin with: here its state is seen. */
export const alertText = (texts, otherwise) => pick(texts, otherwise).replace(/^\[[^\]]*\]\s*/, '')

/** What is going on: the status, or what happens within it. */
export function mood(state) {
  if (!state.is_completed && state.cancelling) return 'cancelling'
  return state.status === 'pending' && state.retry_at ? 'retrying' : state.status
}

/** Where a job is; of one that ended otherwise than completed, why. */
export function where(item) {
  if (item.is_completed) return pick(item.error?.title, '')
  return item.status === 'pending' && item.stage === 'init' ? '' : titles.of(item.type, item.stage)
}

const unhappy = (state) => state.status === 'failed' || state.status === 'cancelled'

/** What a bar draws: an end without success shows how far it came. */
export const drawn = (state) => (unhappy(state) ? state.reached : state.progress) ?? 0

export function percentText(state) {
  return unhappy(state) ? text('reached', { percent: percent(state.reached) }) : percent(state.progress)
}

/** Seconds that it has run, or ran. */
export function ran(item, nowMs) {
  if (!item.started_at) return null
  return Math.max(0, ((item.finished_at ? Date.parse(item.finished_at) : nowMs) - Date.parse(item.started_at)) / 1000)
}
