// The adapters for other mini-programs, on doubles that name things as those do.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SDK, URL_OF_SERVER, WebSocket, inMiniProgram } from './support.mjs'
import { WxDouble } from './wx_double.mjs'

const adapter = (name) => import(new URL(`adapters/${name}.js`, SDK).href)

/** Alipay's names over those of WeChat. */
const alipayOf = (wx) => ({
  connectSocket: ({ multiple, ...options }) => {
    assert.equal(multiple, true)
    const task = wx.connectSocket(options)
    return task && { ...task, onMessage: (run) => task.onMessage(({ data }) => run({ data: { data, isBuffer: false } })) }
  },
  request: ({ headers, success, ...options }) =>
    wx.request({ ...options, header: headers, success: (answer) => success({ status: answer.statusCode, headers: answer.header, data: answer.data }) }),
  ...Object.fromEntries(['onAppShow', 'offAppShow', 'onAppHide', 'offAppHide', 'onNetworkStatusChange', 'offNetworkStatusChange'].map((name) => [name, wx[name]])),
  getNetworkType: ({ success }) => success({ networkAvailable: true, networkType: 'WIFI' }),
  getStorageSync: ({ key }) => ({ data: wx.getStorageSync(key) }),
  setStorageSync: ({ key, data }) => wx.setStorageSync(key, data),
})

const without = (wx, ...names) => Object.fromEntries(Object.entries(wx).filter(([name]) => !names.includes(name)))
const KINDS = [
  ['douyin', 'douyin', (wx) => without(wx, 'offNetworkStatusChange')],
  ['uni_app', 'uniApp', (wx) => without(wx, 'onAppShow', 'offAppShow', 'onAppHide', 'offAppHide')],
  ['taro', 'taro', (wx) => ({ ...wx, connectSocket: async (options) => wx.connectSocket(options) })],
  ['alipay', 'alipay', alipayOf],
]

for (const [file, name, other] of KINDS) {
  for (const transports of [['ws'], ['longpoll']]) {
    test(`${file} over ${transports}`, async () => {
      const double = new WxDouble({ WebSocket, speed: 20 })
      const adapted = (await adapter(file))[name](other(double.wx))
      const { createClient } = inMiniProgram(without(double.globals, 'wx')).exports
      const jindu = createClient({ baseUrl: URL_OF_SERVER, transports }, adapted)
      const { id } = await jindu.submit('counting', { number: 5 })
      const keys = []
      const last = await jindu.watch(id, { onPartial: ({ key }) => keys.push(key) }).result
      assert.deepEqual([last.percent, keys], [100, [1, 2, 3]])
      assert.equal(double.opened, transports[0] === 'ws' ? 1 : 0)
      double.background()
      double.foreground()
      jindu.close()
    })
  }
}
