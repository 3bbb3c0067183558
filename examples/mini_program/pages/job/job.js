const { jindu } = getApp()

const LINKS = {
  idle: '',
  connecting: '连接中',
  live: '实时',
  suspect: '正在确认连接',
  waiting: '即将重连',
  paused: '已暂停',
  closed: '',
}
const EMPTY = { percent: 0, message: '', stages: [], partial: [], error: null, stale: false, running: false, done: false }

Page({
  data: { ...EMPTY, title: '', link: 'idle', linkText: '' },

  /** `type` and `params` (JSON) of the job to start, or the `id` of one to watch. */
  onLoad({ type = 'diagnose', params = '{"brand":"X"}', id }) {
    this.wish = { type, params: JSON.parse(decodeURIComponent(params)) }
    this.unlisten = jindu.on('state', (link) => this.setData({ link, linkText: LINKS[link] }))
    return id ? this.follow(id) : this.start()
  },

  onUnload() {
    this.unlisten()
    if (this.watch) this.watch.close()
  },

  async start() {
    this.setData({ ...EMPTY, title: this.wish.type, message: '提交中…' })
    try {
      const { id } = await jindu.submit(this.wish.type, this.wish.params)
      await this.follow(id)
    } catch (error) {
      this.fail(error)
    }
  },

  async follow(id) {
    if (this.watch) this.watch.close()
    this.id = id
    this.watch = jindu.watch(id, {
      onUpdate: (update) => this.draw(update),
      onPartial: ({ key, data }) => this.setData({ partial: [...this.data.partial, { key, text: JSON.stringify(data) }] }),
      onError: (error) => this.fail(error),
      onStale: (stale) => this.setData({ stale }),
    })
    this.plan = (await jindu.status(id)).stages
    if (this.watch.current) this.draw(this.watch.current)
  },

  /** Stages before the one that runs are done; the last is as the job ended. */
  draw(update) {
    const plan = this.plan || []
    const here = plan.findIndex(({ name }) => name === update.stage)
    if (here >= 0) this.reached = here
    const state = (at) => {
      if (update.status === 'completed' || at < this.reached) return 'completed'
      return at === this.reached ? update.status : 'pending'
    }
    this.setData({
      percent: update.percent,
      message: update.message,
      stages: plan.map(({ name, title }, at) => ({ name, title: title.zh, state: state(at) })),
      running: !update.is_completed,
      done: update.status === 'completed',
    })
  },

  fail(error) {
    const { title, message, action, actionText } = error
    this.setData({ error: { title, message, action, button: actionText }, running: false })
  },

  cancel() {
    return jindu.cancel(this.id)
  },

  /** The button of an error does what the server advises; what only this page could do, it does by starting anew. */
  async act() {
    const { action } = this.data.error
    if (action === 'view_partial') return wx.pageScrollTo({ selector: '.partial' })
    if (action === 'view_history') return wx.navigateBack()
    return this.start()
  },
})
