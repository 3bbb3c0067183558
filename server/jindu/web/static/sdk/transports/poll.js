/** Plain GETs: the last resort, and the first look while a socket is still silent. */

import { NONE, afterOf, problemOf } from '../core/errors.js'
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
  let next = 60
  for (const job of jobs) {
    const { epoch } = held
    const answer = await http.open('GET', job.path, { headers: job.seq ? job.known : {} }).done.catch(() => NONE)
    if (!worked(answer, on, over)) return 0
    next = Math.min(next, fold(way, on, job, answer, epoch))
  }
  if (jobs.length) return next
  return worked(await http.open('GET', '/healthz').done.catch(() => NONE), on, over) ? USUAL : 0
}

/** @param {Answer} answer @param {Pick<PathEvents, 'close'>} on @param {() => boolean} over */
function worked(answer, on, over) {
  const stop = over()
  const works = isOfTheJob(answer)
  if (!stop && !works) on.close(...closing(answer))
  return works && !stop
}

/** Whether it is about what was asked for, and not about who asks, or how the server is. @param {Answer} answer */
function isOfTheJob(answer) {
  const { status } = answer
  if (status < 305) return status > 0
  return ![401, 403, 429].includes(status) && status < 500 && problemOf(answer)
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
    const etag = answer.header('etag')
    job.known = etag ? { 'If-None-Match': etag } : {}
    // An answer that was under way while another history began would bring the old one back.
    if ([epoch, body.epoch].includes(held.epoch)) on.outputs(held.snapshot(body))
    if (body.poll_after_ms) return Math.max(LEAST, 1 / (job.pace || 10), body.poll_after_ms / 1000)
  }
  return afterOf(answer) || USUAL
}
