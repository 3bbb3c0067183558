// The rules of the house for the modules of the dashboard, which lie with the server.

import globals from 'globals'
import house from './eslint.config.js'

const [, recommended, rules] = house

const [level, options] = rules.rules['no-unused-vars']

export default [
  recommended,
  rules,
  { languageOptions: { globals: globals.browser }, rules: { 'no-unused-vars': [level, { ...options, ignoreRestSiblings: true }] } },
  { files: ['app/texts.js'], rules: { 'max-lines': 'off' } },
]
