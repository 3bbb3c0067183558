// A diagnosis by the routes of old, watched to its end: answers as they come, then ranking and sources; and the history.
import { $, Line, ask, follow, jindu, lead, loads, make, say, submits, table, when } from './kit.js'

const STAGES = {
  ai_fetching: say('询问 AI 平台', 'Asking AI platforms'), ranking_analysis: say('排名分析', 'Ranking brands'),
  source_tracing: say('追溯来源', 'Tracing sources'),
}
const listed = (text) => text.split(/[,，]/).map((one) => one.trim()).filter(Boolean)

function answer({ data }) {
  if (data.error) return make('p', { className: 'wrong' }, `${data.platform}: ${say(data.error.title.zh, data.error.title.en)}`)
  const stood = data.instead_of ? say(`，代替 ${data.instead_of}`, `, instead of ${data.instead_of}`) : ''
  return make('details', { className: 'answer' }, make('summary', {}, `${data.platform} (${data.model}${stood})`),
    make('p', { className: 'text' }, data.answer))
}

function report({ ranking, sources, summary }) {
  return [
    make('p', { className: 'summary' }, say(summary.zh, summary.en)),
    table(ranking, [
      ['#', (row) => row.rank ?? '–', 'number'], [say('品牌', 'Brand'), (row) => row.brand],
      [say('提及', 'Mentions'), (row) => row.mentions, 'number'], [say('得分', 'Score'), (row) => row.score, 'number'],
    ]),
    make('details', {}, make('summary', {}, say(`${sources.length} 个来源`, `${sources.length} sources`)),
      table(sources, [[say('网站', 'Host'), (row) => row.host], [say('引用', 'Citations'), (row) => row.citations, 'number']])),
  ]
}

async function watch(line, id) {
  const answers = make('div')
  line.more.replaceChildren(answers)
  const seen = async () => {
    const last = await follow(line, id, { stages: STAGES, onPartial: (update) => answers.append(answer(update)) })
    if (last?.status === 'completed') line.more.prepend(...report(last.result))
    await history()
    return last
  }
  await lead(line, seen, {
    cancel: () => jindu.cancel(id),
    retry: async () => watch(line, (await jindu.retry(id)).id),
  })
}

async function history() {
  const { history: entries } = await ask('GET', 'api/test-history?userOpenid=page&limit=10')
  $('history').replaceChildren(table(entries, [
    [say('时间', 'When'), (entry) => when(entry.created_at)], [say('品牌', 'Brand'), (entry) => entry.brand_name],
    [say('结果', 'Outcome'), (entry) => entry.error ?? say('完成', 'completed')],
    [say('回答', 'Answers'), (entry) => entry.results.filter((one) => one.answer).length, 'number'],
  ]))
}

submits($('form'), async () => {
  const brand = $('brand').value
  const body = { brand_list: [brand, ...listed($('others').value)], custom_question: $('question').value, userOpenid: 'page' }
  if ($('platforms').value) body.selectedModels = listed($('platforms').value)
  const { execution_id: id } = await ask('POST', 'api/perform-brand-test', body)
  await watch(new Line(brand, $('jobs')), id)
})
await loads(history, $('history'))
