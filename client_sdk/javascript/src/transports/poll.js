/** Plain GETs: the last resort, and the first look while a socket is still silent. */

import { problemOf } from '../core/http.js'
import { closing } from './closing.js'

/** @import {Dialled, Way, PathEvents} from '../core/path.js' */
/** @import {Held} from '../core/held.js' */
/** @import {Answer} from '../core/platform.js' */

const USUAL = 1 // seconds between looks when the server names none
const LEAST = 0.1 // seconds, whatever the server names
const LISTS = 2 // seconds between looks at a list

/**
 * @param {Way} way
 * @param {PathEvents} on
 * @returns {Dialled|null}
 */
export function poll(way, on) {
  const { platform } = way
  let closed = false
  /** @type {any} */
  let timer
  const round = async () => {
    const seconds = await look(way, on, () => closed)
    if (closed || seconds === null) return
    on.worked()
    timer = platform.setTimer(seconds * 1000, round)
  }
  on.open()
  round()
  return {
    close: () => {
      closed = true
      platform.clearTimer(timer)
    },
  }
}

/**
 * GET every open job and every feed's list once, and fold what is new. Says through `on.close` if HTTP does not work.
 * @param {Way} way
 * @param {Pick<PathEvents, 'outputs'|'close'>} on
 * @param {() => boolean} over whether nobody wants to know any more
 * @returns {Promise<number|null>} seconds until the next look makes sense; null if HTTP does not work
 */
export async function look(way, on, over) {
  const { http, held } = way
  let next = Infinity
  const asked = [...held.open.map((id) => one(way, id)), ...[...held.feeds].map(([feed, query]) => list(feed, query))]
  if (!asked.length) asked.push({ path: '/healthz', query: {}, fold: () => USUAL })
  for (const { path, query, headers, fold } of asked) {
    const epoch = held.epoch
    const answer = await http.open('GET', path, { query, headers }).done.catch(() => null)
    if (over()) return null
    if (!answer || !isOfTheJob(answer)) {
      on.close(...(answer ? closing(answer) : /** @type {[number, {}]} */ ([1006, {}])))
      return null
    }
    next = Math.min(next, fold(answer, on, epoch))
  }
  return Math.max(LEAST, next)
}

/** Whether it is about what was asked for, and not about who asks, or how the server is. @param {Answer} answer */
function isOfTheJob(answer) {
  const { status } = answer
  return status <= 304 || (![401, 403, 429].includes(status) && status < 500 && !!problemOf(answer))
}

/**
 * @typedef {{path: string, query?: any, headers?: Record<string, string>,
 *   fold: (answer: Answer, on: Pick<PathEvents, 'outputs'|'close'>, epoch: string) => number}} Look
 */

/** @param {Way} way @param {string} id @returns {Look} */
function one({ held, etags }, id) {
  const job = /** @type {Held} */ (held.jobs.get(id))
  const path = `/v1/${job.channel.startsWith('batch:') ? 'batches' : 'jobs'}/${encodeURIComponent(id)}`
  const kept = job.seq ? etags.get(id) : undefined
  return {
    path,
    headers: kept ? { 'If-None-Match': kept } : {},
    fold: (answer, on, epoch) => {
      if (answer.status >= 400) on.outputs(refused(job, id, problemOf(answer)))
      else if (answer.status === 200) {
        const body = JSON.parse(answer.text)
        etags.set(id, answer.header('etag') || '')
        // An answer that was under way while another history began would bring the old one back.
        if (held.epoch === epoch || body.epoch === held.epoch) on.outputs([{ kind: 'heard', job: id }, ...held.snapshot(body)])
        if (body.poll_after_ms) return Math.max(body.poll_after_ms / 1000, job.pace ? 1 / job.pace : 0)
      }
      return Number(answer.header('retry-after')) || USUAL
    },
  }
}

/** @param {Held} job @param {string} id @param {any} problem @returns {any[]} */
function refused(job, id, problem) {
  job.over = true
  return [{ kind: 'problem', channel: job.channel, job: id, code: problem.code, frame: problem }]
}

/** @param {string} feed @param {any} query @returns {Look} */
function list(feed, query) {
  const owner = feed.startsWith('owner:') ? { owner: feed.slice(6) } : {}
  return {
    path: '/v1/jobs',
    query: { ...owner, ...query },
    fold: (answer, on) => {
      const items = answer.status === 200 ? JSON.parse(answer.text).items : []
      const frames = items.map((/** @type {any} */ item) => ({
        kind: 'feed',
        frame: { type: 'progress', job: item.id, seq: item.seq, state: item, head: item },
      }))
      on.outputs(answer.status < 400 ? frames : [{ kind: 'problem', channel: feed, job: feed, frame: problemOf(answer) }])
      return LISTS
    },
  }
}
