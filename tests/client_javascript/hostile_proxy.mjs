// A TCP proxy that is hostile in the ways that proxies are. `mode` counts for connections that begin while it is set.
//
// Towards WebSockets: hang, strip (of Upgrade), 403, kill (after 101), swallow (after 101). Towards all: {cut: n} after n bytes down,
// {delay: ms} on the way down, {repeat: p} repeats an old frame of a socket with this chance, {random} as `anyFault` says.

import net from 'node:net'

const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 9\r\nConnection: close\r\n\r\n<p>no</p>'
const BUSY = 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

/** A proxy to `target` (a URL) on a free port; `close` ends it. */
export async function hostile(target, mode = null, random = Math.random) {
  const proxy = { mode, random, upgrades: 0, connections: 0, met: [] }
  const open = new Set()
  const server = net.createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    client.on('error', () => {})
    client.once('data', (head) => begin(proxy, client, head, new URL(target).port))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.url = `http://127.0.0.1:${server.address().port}`
  proxy.cut = () => open.forEach((client) => client.destroy())
  proxy.close = () => {
    server.close()
    proxy.cut()
  }
  return proxy
}

function begin(proxy, client, head, port) {
  proxy.connections += 1
  const mode = typeof proxy.mode === 'function' ? proxy.mode() : proxy.mode
  const upgrade = /^upgrade: *websocket/im.test(head.toString('latin1'))
  if (upgrade) proxy.upgrades += 1
  if (mode) proxy.met.push(typeof mode === 'string' ? mode : Object.keys(mode)[0])
  if (upgrade && mode === 'hang') return
  if (upgrade && mode === '403') return client.end(FORBIDDEN)
  if (mode?.hang) return
  if (mode?.busy) return client.end(BUSY)
  const stripped = upgrade && mode === 'strip' ? head.toString('latin1').replace(/^(upgrade|connection):.*\r\n/gim, '') : head
  const up = net.connect(port, '127.0.0.1')
  const end = () => (client.destroy(), up.destroy())
  up.on('error', end).on('close', end)
  client.on('close', end)
  up.write(stripped, 'latin1')
  const pass = passing(proxy, mode, upgrade, client, end)
  client.on('data', (data) => pass.silent() || up.write(data))
  up.on('data', pass.down)
}

function passing(proxy, mode, upgrade, client, end) {
  let silent = false
  let left = mode?.cut ?? mode?.mute ?? Infinity
  const write = (data) => client.destroyed || client.write(data)
  const repeat = upgrade && mode?.repeat ? repeating(write, mode.repeat, proxy.random) : null
  const down = (data) => {
    if (silent) return
    if (upgrade && (mode === 'kill' || mode === 'swallow')) {
      const after = data.indexOf('\r\n\r\n') + 4
      write(data.subarray(0, after))
      silent = true
      if (mode === 'kill') setImmediate(end)
    } else if (mode?.delay) setTimeout(() => write(data), mode.delay)
    else if (repeat) {
      repeat(data)
      left -= data.length
      if (left < 0) end()
    } else if (data.length < left) {
      left -= data.length
      write(data)
    } else {
      write(data.subarray(0, left))
      silent = true
      if (mode.cut) end()
    }
  }
  return { down, silent: () => silent }
}

/** Whole frames of a server, each perhaps followed by one that was sent before. */
function repeating(write, chance, random) {
  let rest = Buffer.alloc(0)
  let head = true
  const frames = []
  return (data) => {
    rest = Buffer.concat([rest, data])
    if (head) {
      const after = rest.indexOf('\r\n\r\n') + 4
      if (after < 4) return
      write(rest.subarray(0, after))
      rest = rest.subarray(after)
      head = false
    }
    for (let size; (size = sizeOf(rest)) && rest.length >= size; rest = rest.subarray(size)) {
      const frame = Buffer.from(rest.subarray(0, size))
      write(frame)
      if (frame[0] !== 0x81) continue // texts only
      frames.push(frame)
      if (random() < chance) write(frames[Math.floor(random() * frames.length)])
    }
  }
}

function sizeOf(data) {
  if (data.length < 2) return 0
  const short = data[1] & 127
  if (short < 126) return 2 + short
  if (short === 126) return data.length < 4 ? 0 : 4 + data.readUInt16BE(2)
  return data.length < 10 ? 0 : 10 + Number(data.readBigUInt64BE(2))
}

/** Numbers from 0 up to 1 that are the same for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Some fault for one connection, or none; after `faults` of them nothing fails any more. */
export function anyFault(random, faults) {
  const kinds = [
    () => 'hang', () => 'strip', () => '403', () => 'kill', () => 'swallow', // prettier-ignore
    () => ({ cut: 200 + Math.floor(random() * 4000) }),
    () => ({ mute: 300 + Math.floor(random() * 3000) }),
    () => ({ delay: 20 + random() * 200 }),
    () => ({ repeat: 0.5, cut: 1000 + Math.floor(random() * 5000) }),
    () => ({ repeat: 0.5, cut: 1000 + Math.floor(random() * 5000) }),
    () => ({ repeat: 0.5, cut: 1000 + Math.floor(random() * 5000) }),
    () => ({ repeat: 0.5, cut: 1000 + Math.floor(random() * 5000) }),
    () => ({ busy: true }),
    () => ({ hang: true }),
  ]
  let left = faults
  return () => (left-- > 0 ? kinds[Math.floor(random() * kinds.length)]() : { repeat: 0.2 })
}
