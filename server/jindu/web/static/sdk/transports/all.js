import { longpoll } from './longpoll.js'
import { poll } from './poll.js'
import { stream } from './stream.js'
import { ws } from './ws.js'

export const all = { ws, stream, longpoll, poll }
