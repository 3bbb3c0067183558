// The rules of the house for the pages of the examples, and for the mini-program.

import globals from 'globals'
import house from './eslint.config.js'

const [, recommended, rules] = house
const wechat = { App: 'readonly', Page: 'readonly', getApp: 'readonly', wx: 'readonly', require: 'readonly' }

export default [
  recommended,
  rules,
  { files: ['{page,browser,*/page}/*.js'], languageOptions: { globals: globals.browser } },
  { files: ['mini_program/**/*.js'], languageOptions: { globals: wechat } },
]
