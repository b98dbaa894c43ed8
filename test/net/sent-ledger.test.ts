import { expect, it } from 'vitest'
import { SentLedger } from '../../src-main/net/sent-ledger.ts'

it.each([
  ['nothing', 0, 0],
  ['the last one whole', 20, 10],
  ['an answer that is no data', 26, 10],
  ['a part of what was not changed', 36, 20],
  ['all', 126, 110],
  ['half of what was doubled', 10, 5],
  ['a part of it that does not divide', 3, 2],
  ['more than there was', 1000, 110]
])('%s', (_what, wire, data) => {
  const ledger = new SentLedger()
  ledger.add(60, 60)
  ledger.add(40, 40)
  ledger.add(6, 0)
  ledger.add(20, 10)
  expect(ledger.dataAmong(wire)).toBe(data)
})

it('forgets details and no bytes, however long it goes on', () => {
  const ledger = new SentLedger()
  for (let n = 0; n < 100_000; n++) ledger.add(3, 2)
  expect(ledger.dataAmong(300_000)).toBe(200_000)
  expect(ledger.dataAmong(30)).toBe(20)
})
