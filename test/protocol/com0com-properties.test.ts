import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DATA_BITS, PARITIES, STOP_BITS } from '../../src-main/contract/line.ts'
import { InsertReader, readModem, type InsertEvent } from '../../src-main/protocol/com0com-insert.ts'
import { bytesOf, cut, cuts, joined, TEN_THOUSAND } from '../properties.ts'
import {
  inOne,
  insertBaudRate,
  insertBreak,
  insertData,
  insertLineControl,
  insertModem
} from './insert-stream.ts'

/** Escapes, codes and what may be behind them, often. */
const HOSTILE = [0xff, 0xff, 0x00, 0x01, 0x02, 0x03, 0x10, 0x11, 0x20]

const chunk = bytesOf([0xff, 0x00], 40).filter((bytes) => bytes.length > 0)

const told: fc.Arbitrary<{ event: InsertEvent; bytes: Uint8Array }> = fc.oneof(
  chunk.map((bytes) => ({ event: { type: 'data', bytes } as const, bytes: insertData(bytes) })),
  fc.boolean().map((on) => ({ event: { type: 'break', on } as const, bytes: insertBreak(on) })),
  fc.integer({ min: 0, max: 255 }).map((register) => ({
    event: { type: 'modem', modem: readModem(register) } as const,
    bytes: insertModem(register)
  })),
  fc.integer({ min: 1, max: 0xffff_ffff }).map((baudRate) => ({
    event: { type: 'settings', wish: { baudRate } } as const,
    bytes: insertBaudRate(baudRate)
  })),
  fc
    .record({
      dataBits: fc.constantFrom(...DATA_BITS),
      parity: fc.constantFrom(...PARITIES),
      stopBits: fc.constantFrom(...STOP_BITS)
    })
    .map((wish) => ({ event: { type: 'settings', wish } as const, bytes: insertLineControl(wish) }))
)

describe('a stream of com0com', () => {
  it('is read as it was written', () =>
    fc.assert(
      fc.property(fc.array(told), cuts, (all, sizes) => {
        const reader = new InsertReader()
        const events = cut(joined(all.map(({ bytes }) => bytes)), sizes).flatMap((each) =>
          reader.receive(each)
        )
        expect(inOne(events)).toEqual(inOne(all.map(({ event }) => event)))
      })
    ))

  it('means the same in any chunks, and never throws', () =>
    fc.assert(
      fc.property(bytesOf(HOSTILE, 80), cuts, (bytes, sizes) => {
        const reader = new InsertReader()
        const events = cut(bytes, sizes).flatMap((each) => reader.receive(each))
        expect(inOne(events)).toEqual(inOne(new InsertReader().receive(bytes)))
      }),
      TEN_THOUSAND
    ))
})
