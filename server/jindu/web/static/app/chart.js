// A chart of one hour: columns from the server, lines in the colours of the page. uPlot draws; it is loaded when first needed.

import { html, useEffect, useRef, useState } from './html.js'
import { clock, language, number } from './language.js'
import { useSources } from './source.js'
import { theme } from './switches.js'

const HEIGHT = 170
const LEAST_SPAN = 300 // seconds that are shown at least

const loading = import('../vendor/uplot.esm.js').then((module) => module.default)

/** `lines` [{name, values, color (a custom property), fill?, digits?, scale?}] over `at`, times as text. */
export function Chart({ title, at, lines, unit = '' }) {
  useSources(theme, language)
  const box = useRef()
  const drawn = useRef(null)
  const [shown, show] = useState(null)
  const data = [at.map((time) => Date.parse(time) / 1000), ...lines.map((line) => line.values)]
  const looks = `${theme.dark} ${language.code}`
  useEffect(() => {
    let over = false
    loading.then((uPlot) => {
      if (over) return
      drawn.current = new uPlot(options(box.current, lines, unit, show), data, box.current)
    })
    const sized = new ResizeObserver(() => drawn.current?.setSize({ width: box.current.clientWidth, height: HEIGHT }))
    sized.observe(box.current)
    return () => {
      over = true
      sized.disconnect()
      drawn.current?.destroy()
      drawn.current = null
    }
  }, [looks])
  useEffect(() => drawn.current?.setData(data), [at.at(-1), at.length])
  const place = shown ?? at.length - 1
  return html`<figure class="chart" aria-label=${title}>
    <figcaption><h3>${title}</h3><span class="legend">${lines.map((line) => html`<span key=${line.name}><i data-color=${line.color}></i>${line.name}
      <b>${number(line.values[place], line.digits ?? 1)}</b>${unit}</span>`)}
      <time>${at.length ? clock(at[place]) : ''}</time></span></figcaption>
    <div class="plot" ref=${box}></div>
  </figure>`
}

function options(box, lines, unit, show) {
  const styles = getComputedStyle(document.documentElement)
  const color = (name) => styles.getPropertyValue(`--${name}`).trim()
  const axis = { stroke: color('quiet'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' }
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    hooks: { setCursor: [(plot) => show(plot.cursor.idx ?? null)] },
    scales: {
      x: { range: shownSpan },
      y: { range: (_, least, most) => [0, Math.max(1, most * 1.1)] },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: (_, ticks) => ticks.map((tick) => clock(tick * 1000).slice(0, 5)) },
      { ...axis, size: 44, space: 34, values: (_, ticks) => ticks.map((tick) => number(tick, 2)) },
    ],
    series: [{}, ...lines.map((line) => ({
      label: line.name, stroke: color(line.color), width: 1.6, points: { show: true, size: 4, fill: color(line.color), filter: (plot, at) => lonely(plot.data[at]) },
      fill: line.fill ? color(`${line.color}-soft`) : undefined,
    }))],
  }
}

/** From the first time there is to the last, and not so little that nothing can be seen. */
function shownSpan({ data: [times] }) {
  const last = times.at(-1) ?? Date.now() / 1000
  return [Math.min(times[0] ?? last, last - LEAST_SPAN), last]
}

/** Places of values without a neighbour: no line shows these. */
function lonely(values) {
  const alone = []
  values.forEach((value, at) => value != null && values[at - 1] == null && values[at + 1] == null && alone.push(at))
  return alone
}
