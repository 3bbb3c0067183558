// A task by the seven endpoints; its job is watched to the end, then the content is shown with its review.
import { $, Line, ask, follow, lead, loads, make, say, submits, table, when } from './kit.js'

const CONTENT = 'api/v1/content'
const STAGES = { generating: say('生成内容', 'Writing'), reviewing: say('审核', 'Reviewing'), saving: say('保存', 'Saving') }
const REVIEWS = {
  approved: say('已通过', 'approved'), pending_review: say('等待人工审核', 'waits for people'), rejected: say('未通过', 'rejected'),
}

function content({ title, body, cover_image: cover, review, review_status: verdict, platform }) {
  return [
    make('img', { className: 'cover', src: cover, alt: title }),
    make('p', { className: 'verdict' }, `${REVIEWS[verdict]}, ${review.score} · ${platform}`, ...review.reasons.map((one) => ` · ${one}`)),
    make('details', {}, make('summary', {}, title), make('p', { className: 'text' }, body)),
  ]
}

async function watch(line, id) {
  line.more.replaceChildren()
  const seen = async () => {
    const { job_id: job } = await ask('GET', `${CONTENT}/tasks/${id}`)
    const last = await follow(line, job, { stages: STAGES })
    const task = await ask('GET', `${CONTENT}/tasks/${id}`)
    line.show(task.status, task.error ?? '')
    if (task.result) line.more.replaceChildren(...content(task.result))
    await overview()
    return last
  }
  await lead(line, seen, {
    cancel: () => ask('POST', `${CONTENT}/tasks/${id}/cancel`),
    retry: async () => {
      await ask('POST', `${CONTENT}/tasks/${id}/retry`)
      await watch(line, id) // the same task: its newest job is another
    },
  })
}

async function overview() {
  const [stats, { items }] = await Promise.all([ask('GET', `${CONTENT}/tasks/stats`), ask('GET', `${CONTENT}/tasks?limit=10`)])
  const rate = (100 * stats.success_rate).toFixed(1)
  $('figures').textContent = say(`总任务数 ${stats.total}，成功率 ${rate} %`, `${stats.total} tasks, success rate ${rate} %`)
  $('list').replaceChildren(table(items, [
    [say('时间', 'When'), (task) => when(task.created_at)], [say('主题', 'Topic'), (task) => task.topic],
    [say('优先级', 'Priority'), (task) => task.priority, 'number'],
    [say('状态', 'Status'), (task) => REVIEWS[task.result?.review_status] ?? task.error ?? task.status],
  ]))
}

async function accounts() {
  const { items } = await ask('GET', 'api/v1/accounts')
  $('account').replaceChildren(...items.map(({ id, name }) => make('option', { value: id, textContent: name })))
}

submits($('form'), async () => {
  const { task_id: id } = await ask('POST', `${CONTENT}/generate/async`, {
    account_id: Number($('account').value), topic: $('topic').value, keywords: $('keywords').value,
    priority: Number($('priority').value), auto_approve: $('approve').checked,
  })
  await watch(new Line($('topic').value, $('tasks')), id)
})
await loads(() => Promise.all([accounts(), overview()]), $('figures'))
