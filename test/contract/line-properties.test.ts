import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  DATA_BITS,
  FLOW_CONTROLS,
  MAX_BAUD_RATE,
  PARITIES,
  STOP_BITS,
  formatLine,
  formatSettings,
  parseBaudRate,
  parseLine,
  sameSettings
} from '../../src-main/contract/line.ts'
import { TEN_THOUSAND } from '../properties.ts'

const settings = fc.record({
  baudRate: fc.integer({ min: 1, max: MAX_BAUD_RATE }),
  dataBits: fc.constantFrom(...DATA_BITS),
  parity: fc.constantFrom(...PARITIES),
  stopBits: fc.constantFrom(...STOP_BITS),
  flowControl: fc.constantFrom(...FLOW_CONTROLS)
})

it('settings are read back as they were written', () => {
  fc.assert(
    fc.property(settings, (written) => {
      const [baud = '', line = '', flowControl = 'none'] = formatSettings(written).split(' ')
      const read = { baudRate: parseBaudRate(baud), ...parseLine(line), flowControl }
      expect(read).toEqual(written)
      expect(sameSettings(written, { ...written })).toBe(true)
    })
  )
})

it('10,000 malformed texts are no line, or the one that they are written as', () => {
  const parts = fc.constantFrom('8', '7', '9', 'N', 'e', 'O', 'x', '1', '.', '5', '2', ' ', '')
  const text = fc.oneof(
    fc.array(parts, { maxLength: 6 }).map((each) => each.join('')),
    fc.string({ unit: 'binary' })
  )
  fc.assert(
    fc.property(text, (given) => {
      const line = parseLine(given)
      if (line) expect(formatLine(line)).toBe(given.toUpperCase())
      const baud = parseBaudRate(given)
      if (baud !== undefined) {
        expect(String(baud)).toBe(given.replace(/^0+/, ''))
        expect(baud).toBeLessThanOrEqual(MAX_BAUD_RATE)
      }
    }),
    TEN_THOUSAND
  )
})
