// BullMQ, the web side: POST /jobs adds a job, ws /ws/ID receives what QueueEvents says of its progress.
const http = require('http')
const { WebSocketServer } = require('ws')
const { Queue, QueueEvents } = require('bullmq')
const connection = { host: '127.0.0.1', port: +process.env.PEER_REDIS, maxRetriesPerRequest: null }
const queue = new Queue('jobs', { connection })
const events = new QueueEvents('jobs', { connection })
const watchers = new Map()
events.on('progress', ({ jobId, data }) => {
  const sockets = watchers.get(jobId)
  if (!sockets) return
  const text = JSON.stringify(data)
  for (const socket of sockets) socket.send(text)
})
const server = http.createServer((request, response) => {
  let text = ''
  request.on('data', data => { text += data })
  request.on('end', async () => {
    const job = await queue.add('run', JSON.parse(text))
    const body = JSON.stringify({ id: job.id })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, request) => {
  const id = request.url.split('/').pop()
  if (!watchers.has(id)) watchers.set(id, new Set())
  watchers.get(id).add(socket)
  socket.on('close', () => watchers.get(id).delete(socket))
})
events.waitUntilReady().then(() => server.listen(+process.env.PEER_PORT, '127.0.0.1', 4096))
