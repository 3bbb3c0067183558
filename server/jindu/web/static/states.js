// How a state is called, drawn and named, in the list and in one job alike.

import { percent, pick, text, textOr } from './texts.js'

export const STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled']

const titles = new Map() // type -> stage name -> {zh, en}, learned from snapshots

export const knows = (type) => titles.has(type)

export function learn(snapshot) {
  const known = titles.get(snapshot.type) ?? new Map()
  for (const stage of snapshot.stages ?? []) known.set(stage.name, stage.title)
  titles.set(snapshot.type, known)
}

export function stageTitle(type, name) {
  return pick(titles.get(type)?.get(name), textOr(`stage_${name}`, name))
}

/** The word of the chip: the status, or what is going on within it. */
export function word(state) {
  if (!state.is_completed && state.cancelling) return 'cancelling'
  return state.status === 'pending' && state.retry_at ? 'retrying' : state.status
}

/** Where a job is; of one that ended otherwise than completed, why. */
export function where(item) {
  return item.is_completed ? pick(item.error?.title, '') : stageTitle(item.type, item.stage)
}

/** What a bar draws: an end without success shows how far it came. */
export function drawn(state) {
  return state.status === 'failed' || state.status === 'cancelled' ? (state.reached ?? 0) : (state.progress ?? 0)
}

export function percentText(state) {
  const failed = state.status === 'failed' || state.status === 'cancelled'
  return failed ? text('reached', { percent: percent(state.reached) }) : percent(state.progress)
}
