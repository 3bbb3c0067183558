// Asks for a calibration and shows how it goes: by the asynchronous routes, or where they are off by the synchronous one.
const $ = (id) => document.getElementById(id)
const settings = await (await fetch('api/calibrate/settings')).json()
$('mode').textContent = settings.async
  ? `异步校准，每个最多 ${settings.timeout} 秒` : `异步校准已关闭：同步校准，最多 ${settings.timeout} 秒`

async function ask(path, body) {
  const headers = { 'Content-Type': 'application/json' }
  if ($('key').value) headers.Authorization = `Bearer ${$('key').value}`
  const answer = await fetch(path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers })
  return answer.json()
}

function show(line, task) {
  line.dataset.status = task.status
  line.textContent = `${task.info_hash}: ${task.error ?? task.result?.name ?? task.result ?? task.status}`
}

async function behind(line, hash) {
  const made = await ask('api/calibrate/async', { info_hash: hash })
  if (!made.success) return show(line, { status: 'failed', info_hash: hash, error: made.error ?? made.detail })
  for (;;) {
    const task = await ask(`api/calibrate/status/${made.task_id}`)
    show(line, task.success ? task : { status: 'failed', info_hash: hash, error: task.error })
    if (!task.success || !['pending', 'running'].includes(task.status)) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function atOnce(line, hash) {
  const { note_id: note } = await ask('api/notes', { info_hash: hash })
  show(line, { status: 'running', info_hash: hash })
  const task = await ask(`api/calibrate/${note}`, {})
  show(line, { status: task.success ? 'completed' : 'failed', info_hash: hash, error: task.error, result: task.result })
}

$('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const line = document.createElement('li')
  $('tasks').prepend(line)
  ;(settings.async ? behind : atOnce)(line, $('hash').value)
})
