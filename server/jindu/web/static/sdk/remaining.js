/** What a state says of the time that remains, in words: "about 2 min, at most 4". A module of its own: who needs no words pays nothing. */

const MINUTE = 60
const HOUR = 3600
const DAY = 86400

/** @type {Record<string, Record<number, string>>} */
const UNITS = {
  en: { 1: 's', [MINUTE]: 'min', [HOUR]: 'h', [DAY]: 'd' },
  zh: { 1: '秒', [MINUTE]: '分钟', [HOUR]: '小时', [DAY]: '天' },
}
/** @type {Record<string, Record<string, string>>} */
const TEXTS = {
  en: { about: 'about {}', between: 'about {}, at most {}', slow: 'longer than usual', place: 'number {} in line', turn: 'its turn in {}' },
  zh: { about: '约 {}', between: '约 {}，最多 {}', slow: '比平时久', place: '排在第 {} 位', turn: '{}后开始' },
}
// Up to so many seconds, in this unit, in steps of so many of it: finer would promise what nobody knows.
const STEPS = [
  [10, 1, 1], [55, 1, 5],
  [10 * MINUTE, MINUTE, 1], [55 * MINUTE, MINUTE, 5],
  [10 * HOUR, HOUR, 0.5], [2 * DAY, HOUR, 1],
]

/**
 * Of a state, a snapshot or a hint: when the job may end, that it takes longer than usual, its place in the line; empty where nothing
 * is known.
 * @param {{eta?: unknown, queue?: unknown}} state
 * @param {string} [lang] `en` or `zh`
 * @returns {string}
 */
export function remaining(state, lang = 'en') {
  const texts = TEXTS[lang] ? lang : 'en'
  return [...ofQueue(/** @type {any} */ (state.queue), texts), ...ofEta(/** @type {any} */ (state.eta), texts)].join(texts === 'zh' ? '，' : ', ')
}

/** @param {any} eta @param {string} lang @returns {string[]} */
function ofEta(eta, lang) {
  if (!eta || !known(eta.p50)) return []
  const slow = eta.slow ? [TEXTS[lang].slow] : []
  const [usual, unit] = rounded(eta.p50, nearest)
  const about = said(usual, unit, lang)
  const [most, unitOfMost] = known(eta.p90) ? rounded(eta.p90, Math.ceil) : [0, 1]
  if (most * unitOfMost <= usual * unit) return [...slow, put(TEXTS[lang].about, about)]
  const atMost = unit === unitOfMost && lang === 'en' ? `${most}` : said(most, unitOfMost, lang)
  return [...slow, put(TEXTS[lang].between, about, atMost)]
}

/** @param {any} queue @param {string} lang @returns {string[]} */
function ofQueue(queue, lang) {
  if (!queue || !Number.isInteger(queue.position)) return []
  const place = put(TEXTS[lang].place, `${queue.position}`)
  if (!known(queue.wait)) return [place]
  const [wait, unit] = rounded(queue.wait, nearest)
  return [place, put(TEXTS[lang].turn, said(wait, unit, lang))]
}

/** @param {unknown} seconds */
const known = (seconds) => typeof seconds === 'number' && seconds >= 0 && seconds < Infinity

/** Halves go to the even figure, as in the other clients. @param {number} figure */
function nearest(figure) {
  const low = Math.floor(figure)
  const over = figure - low
  return over < 0.5 || (over === 0.5 && low % 2 === 0) ? low : low + 1
}

/** A figure that people would say, and its unit in seconds. @param {number} seconds @param {(figure: number) => number} whole */
function rounded(seconds, whole) {
  for (const [upTo, unit, step] of STEPS) {
    if (seconds <= upTo) return [Math.max(whole(seconds / unit / step), 1) * step, unit]
  }
  return [Math.max(whole(seconds / DAY), 1), DAY]
}

/** @param {number} figure @param {number} unit @param {string} lang */
const said = (figure, unit, lang) => `${figure} ${UNITS[lang][unit]}`

/** @param {string} text @param {string[]} values */
const put = (text, ...values) => values.reduce((done, value) => done.replace('{}', value), text)
