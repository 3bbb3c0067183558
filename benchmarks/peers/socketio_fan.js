// Node socket.io: emit to a room.
const http = require('http').createServer()
const { Server } = require('socket.io')
const { broadcast, publish } = require('./message.js')
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })
const transports = []
const congested = () => Math.max(transports[0].bufferedAmount, transports[transports.length - 1].bufferedAmount) > 16384
io.on('connection', socket => {
  socket.join('all')
  transports.push(socket.conn.transport.socket)
  socket.on('go', go => publish(go, seq => io.to('all').emit('progress', broadcast(seq)), congested))
})
http.listen(+process.argv[2], '127.0.0.1', 4096)
