import { expect, it } from 'vitest'
import { Cursor } from '../../../src-main/core/recording/cursor.ts'
import { makeLog } from '../../traffic/stores.ts'

it('reads on behind records that its log never had', () => {
  const source = makeLog(160, 2)
  const mine = makeLog()
  const cursor = new Cursor(mine, 0)
  const say = (): void => source.bytes(0, 'from-device', 0, Uint8Array.of(1, 2, 3, 4, 5))
  const read = (): number[] => {
    const numbers: number[] = []
    for (const page of source.pages) mine.append(page)
    for (let slice = cursor.read(); slice; slice = cursor.read())
      for (let at = slice.from; at < slice.to; at++) numbers.push(slice.page.first + at)
    return numbers
  }
  say()
  expect(read()).toEqual([0])
  for (let count = 0; count < 99; count++) say()
  const numbers = read()
  expect(numbers[0]).toBeGreaterThan(1)
  expect(numbers.at(-1)).toBe(99)
})
