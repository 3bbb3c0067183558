// The pool of communities, a warming that is watched, and what testers say.
import { $, Line, ask, follow, jindu, lead, loads, say, submits, table, when } from './kit.js'

const STAGES = { reading: say('读取社区', 'Reading communities') }

async function overview() {
  const [pool, said] = await Promise.all([ask('GET', 'api/v1/communities'), ask('GET', 'api/v1/beta/feedback')])
  $('communities').replaceChildren(table(pool.items, [
    [say('名称', 'Name'), (one) => one.name], [say('成员', 'Members'), (one) => one.members, 'number'],
    [say('上次读取', 'Last read'), (one) => one.warmed_at && when(one.warmed_at)],
    [say('问题', 'Trouble'), (one) => one.error, 'wrong'],
  ]))
  $('feedback').replaceChildren(table(said.items, [
    [say('测试者', 'Tester'), (one) => one.tester], [say('评分', 'Rating'), (one) => one.rating, 'number'], [say('内容', 'Text'), (one) => one.text],
  ]))
}

async function watch(line, id) {
  const seen = async () => {
    const last = await follow(line, id, { stages: STAGES })
    if (last?.status === 'completed') {
      const { warmed, communities, failed } = last.result
      line.said.textContent = `${warmed}/${communities}${failed.length ? say('，失败：', ', failed: ') + failed.join(', ') : ''}`
    }
    await overview()
    return last
  }
  await lead(line, seen, { cancel: () => jindu.cancel(id), retry: async () => watch(line, (await jindu.retry(id)).id) })
}

submits($('warm'), async () => {
  const { task_id: id } = await ask('POST', 'api/v1/communities/warm', {})
  await watch(new Line(say('读取社区', 'Reading communities'), $('jobs')), id)
})
submits($('add'), async () => {
  await ask('POST', 'api/v1/communities', { name: $('name').value, feed: $('feed').value, members: Number($('members').value) })
  await overview()
})
submits($('say'), async () => {
  await ask('POST', 'api/v1/beta/feedback', { tester: $('tester').value, rating: Number($('rating').value), text: $('text').value })
  await overview()
})
await loads(overview, $('communities'))
