import js from '@eslint/js'
import globals from 'globals'

const HOUSE = {
  complexity: ['error', 9],
  'max-lines': ['error', 300],
  'max-lines-per-function': ['error', 50],
  'no-unused-vars': ['error', { args: 'after-used', caughtErrors: 'none', argsIgnorePattern: '^(outputs|verdict|problem|event)$' }],
  'no-empty': ['error', { allowEmptyCatch: false }],
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'prefer-const': 'error',
  'no-var': 'error',
}

export default [
  { ignores: ['dist/', 'node_modules/'] },
  js.configs.recommended,
  { rules: HOUSE },
  { files: ['src/**'], languageOptions: { globals: { setTimeout: 'readonly', clearTimeout: 'readonly' } } },
  { files: ['src/platforms/{web,browser}.js', 'src/index.js', 'src/bar.js'], languageOptions: { globals: globals.browser } },
  { files: ['src/node.js', 'src/platforms/node.js', '*.js'], languageOptions: { globals: globals.node } },
  { files: ['src/wechat.js'], languageOptions: { globals: { wx: 'readonly' } } },
]
