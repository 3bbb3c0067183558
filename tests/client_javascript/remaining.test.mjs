// The words for what remains are those of the other clients: one list of cases for all.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { remaining } from '../../client_sdk/javascript/src/remaining.js'

const CASES = JSON.parse(readFileSync(new URL('../support/remaining.json', import.meta.url)))

for (const [state, en, zh] of CASES) {
  test(`${JSON.stringify(state)} is said in both languages`, () => {
    assert.equal(remaining(state), en)
    assert.equal(remaining(state, 'zh'), zh)
    assert.equal(remaining(state, 'fr'), en)
  })
}
