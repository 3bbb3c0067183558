// Node ws: send to each who watches.
const { WebSocketServer } = require('ws')
const { broadcast, publish } = require('./message.js')
const server = new WebSocketServer({ host: '127.0.0.1', port: +process.argv[2], backlog: 4096, perMessageDeflate: false })
const sockets = new Set()
const send = seq => { const text = JSON.stringify(broadcast(seq)); for (const socket of sockets) socket.send(text) }
const congested = () => {
  let most = 0, i = 0
  for (const socket of sockets) if (i++ % 333 === 0 && socket.bufferedAmount > most) most = socket.bufferedAmount
  return most > 16384
}
server.on('connection', socket => {
  sockets.add(socket)
  socket.on('message', data => publish(JSON.parse(data), send, congested))
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => {})
})
