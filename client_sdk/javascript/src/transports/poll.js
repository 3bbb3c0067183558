/** Plain GETs: the last resort, and the first look while a socket is still silent. */

import { problemOf } from '../core/errors.js'
import { refused } from '../core/session.js'
import { closing } from './closing.js'

/** @import {Dialled, Way, PathEvents} from '../core/path.js' */
/** @import {Held} from '../core/held.js' */
/** @import {Answer} from '../core/platform.js' */

const USUAL = 1 // seconds between looks when the server names none
const LEAST = 0.1 // seconds, whatever the server names

/**
 * @param {Way} way
 * @param {PathEvents} on
 * @returns {Dialled|null}
 */
export function poll(way, on) {
  const { setTimer, clearTimer } = way.platform
  let closed = false
  /** @type {any} */
  let timer
  const round = async () => {
    const seconds = await look(way, on, () => closed)
    if (!seconds || closed) return
    on.worked()
    if (!closed) timer = setTimer(seconds * 1000, round)
  }
  on.open()
  round()
  return {
    close: () => {
      closed = true
      clearTimer(timer)
    },
  }
}

/**
 * GET every open job once, and fold what is new. Says through `on.close` if HTTP does not work.
 * @param {Way} way
 * @param {Pick<PathEvents, 'outputs'|'close'>} on
 * @param {() => boolean} over whether nobody wants to know any more
 * @returns {Promise<number>} seconds until the next look makes sense; 0 if HTTP does not work
 */
export async function look(way, on, over) {
  const { http, held } = way
  const jobs = held.open()
  let next = jobs.length ? 60 : USUAL
  for (const job of jobs.length ? jobs : [null]) {
    const { epoch } = held
    const path = job ? `/v1/${job.channel.replace(/^job:/, 'jobs/').replace(/^batch:/, 'batches/')}` : '/healthz'
    const headers = job && job.seq && job.etag ? { 'If-None-Match': job.etag } : undefined
    const answer = await http.open('GET', path, { headers }).done.catch(() => null)
    if (over()) return 0
    if (!answer || !isOfTheJob(answer)) {
      if (answer) on.close(...closing(answer))
      else on.close(1006, {})
      return 0
    }
    if (job) next = Math.min(next, fold(way, on, job, answer, epoch))
  }
  return next
}

/** Whether it is about what was asked for, and not about who asks, or how the server is. @param {Answer} answer */
function isOfTheJob(answer) {
  const { status } = answer
  return status < 305 || (![401, 403, 429].includes(status) && status < 500 && problemOf(answer))
}

/**
 * @param {Way} way
 * @param {Pick<PathEvents, 'outputs'>} on
 * @param {Held} job
 * @param {Answer} answer
 * @param {string} epoch held when it was asked for
 * @returns {number} seconds until the next look at it
 */
function fold({ held }, on, job, answer, epoch) {
  if (answer.status >= 400) on.outputs([refused(held, job.channel, problemOf(answer))])
  else if (answer.status === 200) {
    const body = JSON.parse(answer.text)
    job.etag = answer.header('etag')
    // An answer that was under way while another history began would bring the old one back.
    if ([epoch, body.epoch].includes(held.epoch)) on.outputs(held.snapshot(body))
    if (body.poll_after_ms) return Math.max(LEAST, 1 / (job.pace || 10), body.poll_after_ms / 1000)
  }
  return Number(answer.header('retry-after')) || USUAL
}
