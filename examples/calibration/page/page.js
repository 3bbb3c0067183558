// Asks for a calibration and shows how it goes: by the asynchronous routes, or where they are off by the synchronous one.
import { $, Line, ask, follow, lead, say, submits } from './kit.js'

const settings = await ask('GET', 'api/calibrate/settings')
const limit = settings.timeout
$('mode').textContent = settings.async
  ? say(`异步校准，每个最多 ${limit} 秒`, `In the background, ${limit} seconds at most`)
  : say(`异步校准已关闭：同步校准，最多 ${limit} 秒`, `The background is switched off: one answer, after ${limit} seconds at most`)

/** The bar is the time that the script takes of what it may. Returns what stops it. */
function clock(line) {
  const began = performance.now()
  line.bar.max = limit
  const draw = () => {
    line.bar.value = Math.min((performance.now() - began) / 1000, limit)
    line.said.textContent = `${line.bar.value.toFixed(1)} / ${limit} s`
  }
  const timer = setInterval(draw, 100)
  draw()
  return () => clearInterval(timer)
}

function found(line, task) {
  if (task.status === 'completed') line.bar.value = line.bar.max
  line.show(task.status, task.error ?? task.result?.name ?? task.result)
}

async function behind(line, { task_id: id }) {
  let stop = null
  const draw = ({ status }) => {
    if (status === 'running') stop ??= clock(line)
  }
  const watch = async () => {
    const last = await follow(line, id, { draw })
    stop?.()
    found(line, await ask('GET', `api/calibrate/status/${id}`))
    return last
  }
  await lead(line, watch, {
    cancel: () => ask('POST', `api/calibrate/${id}/cancel`),
    retry: async () => behind(line, await ask('POST', `api/calibrate/${id}/retry`)),
  })
}

async function atOnce(line, hash) {
  const { note_id: note } = await ask('POST', 'api/notes', { info_hash: hash })
  line.show('running', '')
  const stop = clock(line)
  const task = await ask('POST', `api/calibrate/${note}`, {}).catch((error) => ({ error: error.message }))
  stop()
  found(line, { status: task.error ? 'failed' : 'completed', ...task })
}

submits($('form'), async () => {
  const hash = $('hash').value
  const made = settings.async && await ask('POST', 'api/calibrate/async', { info_hash: hash })
  const line = new Line(hash, $('tasks'))
  if (made) await behind(line, made)
  else await atOnce(line, hash)
})
