import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Registers } from '../../../src-main/ports/simulated/modbus-registers.ts'
import { ModbusSlave } from '../../../src-main/ports/simulated/modbus-slave.ts'
import { FUNCTION, MAX_PDU, REFUSED } from '../../../src-main/protocol/modbus.ts'
import { TEN_THOUSAND, anyBytes, bytesOf } from '../../properties.ts'

const UNIT = 7

it('a Modbus device answers 10,000 malformed requests by their function or an exception', () => {
  const slave = new ModbusSlave(UNIT, new Registers())
  const code = fc.oneof(fc.constantFrom(...Object.values(FUNCTION)), fc.integer({ min: 0, max: 127 }))
  const rest = fc.oneof(bytesOf([0, 0, 1, 2, 4, 255], 12), anyBytes(0, MAX_PDU - 1))
  fc.assert(
    fc.property(code, rest, fc.constantFrom(0, UNIT, 9), (first, more, unit) => {
      const pdu = Uint8Array.of(first, ...more)
      // Told to only listen, it says nothing more: that is its own test.
      fc.pre(!(first === FUNCTION.diagnostics && more[0] === 0 && more[1] === 4))
      const answer = slave.handle({ type: 'frame', unit, pdu })
      if (unit !== UNIT) {
        expect(answer).toBeUndefined()
        return
      }
      expect(answer!.length).toBeLessThanOrEqual(MAX_PDU)
      if (answer![0] === (first | REFUSED)) {
        expect(answer!.length).toBe(2)
        expect([1, 2, 3]).toContain(answer![1])
      } else expect(answer![0]).toBe(first)
    }),
    TEN_THOUSAND
  )
})

it('a Modbus device gives back the registers and coils that were written, and no others change', () => {
  const span = fc.tuple(
    fc.integer({ min: 0, max: 255 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 20 })
  )
  fc.assert(
    fc.property(fc.array(span, { maxLength: 6 }), (writes) => {
      const registers = new Registers()
      const slave = new ModbusSlave(UNIT, registers)
      const model = Array.from({ length: registers.holding.size }, (_, at) => registers.holding.read(at))
      for (const [address, values] of writes) {
        const bytes = values.flatMap((value) => [value >> 8, value & 0xff])
        const pdu = Uint8Array.of(16, 0, address, 0, values.length, bytes.length, ...bytes)
        const answer = slave.handle({ type: 'frame', unit: UNIT, pdu })
        if (address + values.length > model.length) expect([...answer!]).toEqual([0x90, 2])
        else model.splice(address, values.length, ...values)
      }
      expect(model.map((_, at) => registers.holding.read(at))).toEqual(model)
    })
  )
})
