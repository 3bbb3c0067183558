// BullMQ, the worker: one process, many jobs at a time, `await job.updateProgress(message)`.
const { Worker } = require('bullmq')
const { message, nap } = require('./message.js')
const connection = { host: '127.0.0.1', port: +process.env.PEER_REDIS, maxRetriesPerRequest: null }
const seconds = () => Number(process.hrtime.bigint()) / 1e9
new Worker('jobs', async job => {
  const { start, offset, rate, count } = job.data
  let told
  for (let seq = 0; seq < count; seq++) {
    const wait = start + offset + seq / rate - seconds()
    if (wait > 0) await nap(wait * 1000)
    told = message(job.id, seq, Math.round(1000 * (seq + 1) / count) / 10)
    await job.updateProgress(told)
  }
  return told
}, { connection, concurrency: 2000 }).on('error', error => console.error(error))
