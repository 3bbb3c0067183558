// How many jobs BullMQ takes: `bullmq_enqueue.js REDIS_PORT SECONDS`, 32 at a time. Prints one JSON line, as enqueue.py does.
const { Queue } = require('bullmq')
const [port, seconds] = process.argv.slice(2).map(Number)
const queue = new Queue('task', { connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null } })
const params = { query: 'a research question of moderate length', lang: 'zh', options: { depth: 3, sources: ['web', 'papers'] } }
async function main () {
  await Promise.all(Array.from({ length: 32 }, () => queue.add('task', params)))
  let answers = 0
  const end = performance.now() + seconds * 1000
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (performance.now() < end) {
      await queue.add('task', params)
      answers += 1
    }
  }))
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ answers, seconds, cpu_s: (user + system) / 1e6 }))
  process.exit(0)
}
main()
