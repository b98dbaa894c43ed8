import { describe, expect, it } from 'vitest'
import {
  DATA_BITS,
  PARITIES,
  STOP_BITS,
  formatLine,
  parseBaudRate,
  parseLine
} from '../../src-main/contract/line.ts'

describe('line settings', () => {
  it('reads back every short form it writes, in either case', () => {
    for (const dataBits of DATA_BITS)
      for (const parity of PARITIES)
        for (const stopBits of STOP_BITS) {
          const text = formatLine({ dataBits, parity, stopBits })
          expect(parseLine(text)).toEqual({ dataBits, parity, stopBits })
          expect(parseLine(text.toLowerCase())).toEqual({ dataBits, parity, stopBits })
        }
  })

  it.each(['', '9N1', '8X1', '8N3', '8N', '8N1 ', ' 8N1', '8N1.50', '8N15', '81N'])('refuses %j', (text) => {
    expect(parseLine(text)).toBeUndefined()
  })

  it.each([
    ['1', 1],
    ['115200', 115_200],
    ['4294967295', 4_294_967_295]
  ])('takes the baud rate %s', (text, value) => {
    expect(parseBaudRate(text)).toBe(value)
  })

  it.each(['0', '-9600', '9600.5', '1e5', 'fast', '', '4294967296', '99999999999', ' 9600'])(
    'refuses the baud rate %j',
    (text) => {
      expect(parseBaudRate(text)).toBeUndefined()
    }
  )
})
