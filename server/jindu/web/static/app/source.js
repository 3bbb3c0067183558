// What changes, and who looks at it. However often something changes, a screen is drawn ten times a second at most.

import { useEffect, useReducer } from './html.js'

const LEAST_MS = 100 // between two drawings

const due = new Set()
let timer = null
let last = -Infinity

/** Run these soon, with all else that is due; while the page is hidden they wait until it is seen. */
function soon(run) {
  due.add(run)
  if (timer !== null) return
  timer = setTimeout(() => requestAnimationFrame(flush), Math.max(0, last + LEAST_MS - performance.now()))
}

function flush() {
  timer = null
  last = performance.now()
  const running = [...due]
  due.clear()
  for (const run of running) run()
}

export class Source {
  #looking = new Set()

  /** @returns what ends it */
  listen(run) {
    this.#looking.add(run)
    return () => {
      this.#looking.delete(run)
      due.delete(run)
    }
  }

  /** Draw what shows it, soon. */
  changed() {
    for (const run of this.#looking) soon(run)
  }

  /** Draw it with the next frame: what a person has just done is seen at once. */
  now() {
    for (const run of this.#looking) run()
  }
}

/** Draw the component again whenever one of these changes. */
export function useSources(...sources) {
  const [, again] = useReducer((turn) => turn + 1, 0)
  useEffect(() => {
    const ends = sources.map((source) => source.listen(again))
    again() // what changed between the drawing and now
    return () => ends.forEach((end) => end())
  }, sources)
}

/** Seconds go by without anybody saying so: draw again every so often, while the page is seen. */
export function useClock(seconds = 1) {
  const [, again] = useReducer((turn) => turn + 1, 0)
  useEffect(() => {
    const ticking = setInterval(() => document.hidden || again(), seconds * 1000)
    return () => clearInterval(ticking)
  }, [seconds])
}
