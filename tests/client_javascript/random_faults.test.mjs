// Whatever the network does: no end is lost, no result comes twice, nothing steps backwards. `make hostile` runs a hundred schedules.

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { schedule } from './schedules.mjs'
import { SDK, URL_OF_SERVER } from './support.mjs'

const SCHEDULES = Number(process.env.SCHEDULES ?? 4)
const SEED = Number(process.env.SEED ?? 1)
const RULE_1 = '    if (seq <= this.seq) return []\n'

const bad = ({ lost, doubled, back, missing }) => lost + doubled + back + missing

test(`${SCHEDULES} random schedules`, async () => {
  const met = new Set()
  for (let seed = SEED; seed < SEED + SCHEDULES; seed += 1) {
    const found = await schedule(seed, URL_OF_SERVER)
    found.met.forEach((one) => met.add(one))
    assert.equal(bad(found), 0, JSON.stringify(found))
    if (process.env.SCHEDULES) console.log(`seed ${seed}: ${found.met.join(' ')}`)
  }
  assert.ok(met.size > 2, [...met].join())
})

test('a copy of the client without rule 1 does not pass', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jindu-'))
  after(() => rmSync(folder, { recursive: true }))
  cpSync(new URL('src', SDK), join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const held = join(folder, 'src/core/held.js')
  const code = readFileSync(held, 'utf8')
  assert.equal(code.split(RULE_1).length, 2, 'the rule is one line')
  writeFileSync(held, code.replace(RULE_1, ''))
  const { Client } = await import(join(folder, 'src/core/client.js'))
  const { all } = await import(join(folder, 'src/transports/all.js'))
  let steps = 0
  for (let seed = SEED; seed < SEED + 4 && !steps; seed += 1) steps += (await schedule(seed, URL_OF_SERVER, { Kind: Client, rungs: all })).back
  assert.ok(steps > 0, 'repeats would have been taken for news')
})
