// The same message and publisher as message.py.
const monotonic = () => Number(process.hrtime.bigint())
const text = 'Fetching sources and ranking candidates'
exports.message = (job, seq, progress) => ({
  type: 'progress', job, seq, progress, stage: 'ai_fetching', message: text, ts: monotonic(), pad: '0123456789'
})
exports.broadcast = seq => exports.message('01J9ZK4T7Q8W3N5M6P2R000000', seq, seq % 1000 / 10)
const turn = () => new Promise(resolve => setImmediate(resolve))
const nap = ms => new Promise(resolve => setTimeout(resolve, ms))
exports.nap = nap
exports.publish = async (go, send, congested) => {
  const begun = performance.now()
  let count = 0
  while (performance.now() < begun + go.seconds * 1000) {
    if (go.rate && count > (performance.now() - begun) / 1000 * go.rate) { await nap(1); continue }
    send(count++)
    await turn()
    while (congested()) await nap(1)
  }
}
