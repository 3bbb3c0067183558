// Whether all is well, and if not, why, the gravest first. A pure judgement of what the server told.

import { share, span, text } from './language.js'
import { link } from './routing.js'
import { alertText } from './states.js'

const LATE = 0.25 // seconds of mean push lag or loop lag that people begin to feel
const POOR = 0.8 // share of jobs that succeed, below which something is wrong
const ENOUGH = 20 // jobs that have ended before their share says anything

export function verdict(stats, alerts) {
  const active = (alerts?.active ?? []).map((alert) => ({ level: alert.level, words: alertText(alert.title, alert.rule), href: link(['alerts']) }))
  const bad = [...unready(stats), ...active.filter(grave)]
  const poor = [...active.filter((one) => !grave(one)), ...halted(stats), ...failing(stats.totals), ...late(stats)]
  const reasons = [...bad, ...poor]
  return { level: bad.length ? 'bad' : poor.length ? 'warn' : 'good', reasons: reasons.length ? reasons : [{ words: text('well_text') }] }
}

const grave = ({ level }) => ['ERROR', 'CRITICAL'].includes(level)

const unready = ({ ready, reason }) => (ready ? [] : [{ words: text('not_ready', { reason: reason ?? '' }) }])

function halted({ by_type, queued, nodes, ready }) {
  const running = nodes.some((node) => node.running)
  const paused = by_type.filter((one) => one.paused).map(({ type }) => ({ words: text('type_paused', { type }), href: link(['types']) }))
  const waits = queued && !running && ready ? [{ words: text('nothing_runs'), href: link(['jobs'], { status: 'pending' }) }] : []
  return [...paused, ...waits]
}

function failing({ done, failed, success_rate }) {
  if (done + failed < ENOUGH || success_rate >= POOR) return []
  return [{ words: text('many_fail', { share: share(1 - success_rate) }), href: link(['jobs'], { status: 'failed' }) }]
}

function late({ push_lag, loop_lag }) {
  const said = [['slow_push', push_lag], ['slow_loop', loop_lag]]
  return said.filter(([, seconds]) => seconds > LATE).map(([words, seconds]) => ({ words: text(words, { span: span(seconds) }) }))
}
