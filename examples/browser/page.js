// The id of the job is kept in the address: a reload, a closed tab, another device go on where the job is.
import { createClient } from './sdk/index.js'
import { progressBar } from './sdk/bar.js'

const $ = (id) => document.getElementById(id)
const jindu = createClient({ lang: navigator.language.startsWith('zh') ? 'zh' : 'en' })
jindu.on('state', (state, transport) => { $('link').textContent = transport ? `${state} (${transport})` : state })

function watch(id) {
  $('sent').replaceChildren()
  $('cancel').disabled = false
  $('cancel').onclick = () => jindu.cancel(id)
  const over = (text) => {
    $('said').textContent = text
    $('cancel').disabled = true
  }
  jindu.watch(id, progressBar('#bar', {
    onUpdate: ({ stage, percent }) => { $('said').textContent = `${stage}: ${Math.floor(percent)} %` },
    onPartial: ({ data }) => {
      const line = document.createElement('li')
      line.textContent = `parcel ${data.parcel}`
      $('sent').append(line)
    },
    onDone: ({ result }) => over(`All ${result.sent} sent.`),
    onError: (error) => over(`${error.title}: ${error.message}`),
  }))
}

$('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const params = { parcels: Number($('parcels').value) }
  if ($('lost').value) params.lost = Number($('lost').value)
  const { id } = await jindu.submit('send_parcels', params)
  location.hash = id
})
addEventListener('hashchange', () => location.hash && watch(location.hash.slice(1)))
if (location.hash) watch(location.hash.slice(1))
