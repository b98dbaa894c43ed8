import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AsciiReceiver, encodeAscii } from '../../src-main/protocol/modbus-ascii.ts'
import { crc16, lrc } from '../../src-main/protocol/modbus-checks.ts'
import { RtuReceiver, decodeRtu, encodeRtu } from '../../src-main/protocol/modbus-rtu.ts'
import { MAX_PDU, type ModbusEvent } from '../../src-main/protocol/modbus.ts'
import { TEN_THOUSAND, anyBytes, bytesOf, cut, cuts, joined } from '../properties.ts'

const unit = fc.integer({ min: 0, max: 255 })
const pdu = fc.oneof(anyBytes(1, 20), anyBytes(1, MAX_PDU))
const frame = fc.record({ type: fc.constant('frame' as const), unit, pdu })

/** A frame's own bytes never exceed the limit, and a violation shows few. */
function expectWithinLimits(event: ModbusEvent | undefined): void {
  if (event?.type === 'frame') expect(event.pdu.length).toBeLessThanOrEqual(MAX_PDU)
  if (event?.type === 'violation') expect(event.bytes.length).toBeLessThanOrEqual(16)
}

describe('Modbus RTU, for any input', () => {
  it('reads back what it sends, however it is cut up', () => {
    fc.assert(
      fc.property(frame, cuts, (sent, sizes) => {
        const wire = encodeRtu(sent.unit, sent.pdu)
        expect(decodeRtu(wire)).toEqual(sent)
        const receiver = new RtuReceiver()
        for (const chunk of cut(wire, sizes)) receiver.receive(chunk)
        expect(receiver.silence()).toEqual(sent)
        expect(receiver.silence()).toBeUndefined()
      })
    )
  })

  it('notices every burst of wrong bits that is no longer than the CRC', () => {
    fc.assert(
      fc.property(frame, fc.nat(), fc.integer({ min: 1, max: 0xffff }), (sent, place, burst) => {
        const wire = encodeRtu(sent.unit, sent.pdu)
        const first = place % (8 * wire.length - 15)
        for (let bit = 0; bit < 16; bit++) {
          const at = first + bit
          const byte = wire[at >> 3] ?? 0
          wire[at >> 3] = byte ^ (((burst >> bit) & 1) << (at & 7))
        }
        expect(decodeRtu(wire).type).toBe('violation')
      })
    )
  })

  it('takes 10,000 malformed inputs, each alike in any chunks', () => {
    const receiver = new RtuReceiver()
    fc.assert(
      fc.property(anyBytes(0, 300), cuts, (bytes, sizes) => {
        for (const chunk of cut(bytes, sizes)) receiver.receive(chunk)
        const event = receiver.silence()
        expectWithinLimits(event)
        if (bytes.length > 0) expect(event).toEqual(decodeRtu(bytes))
        else expect(event).toBeUndefined()
      }),
      TEN_THOUSAND
    )
  })
})

describe('Modbus ASCII, for any input', () => {
  it('reads back what it sends, with anything between, however it is cut up', () => {
    const between = fc.stringMatching(/^[^:]{0,5}$/).map((each) => new TextEncoder().encode(each))
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, between), { maxLength: 4 }), cuts, (sent, sizes) => {
        const wire = joined(sent.flatMap(([each, noise]) => [encodeAscii(each.unit, each.pdu), noise]))
        expect(
          wire.every((byte) => byte < 128) || sent.some(([, noise]) => noise.some((byte) => byte > 127))
        ).toBe(true)
        const receiver = new AsciiReceiver()
        const read = cut(wire, sizes).flatMap((chunk) => receiver.receive(chunk))
        expect(read).toEqual(sent.map(([each]) => each))
      })
    )
  })

  it('takes 10,000 malformed inputs, each alike in any chunks, and the next frame after each', () => {
    const special = [...new TextEncoder().encode('::0123456789ABCDEFabcdef\r\n\r\n')]
    const next = encodeAscii(1, Uint8Array.of(7))
    fc.assert(
      fc.property(bytesOf(special), cuts, (bytes, sizes) => {
        const [whole, pieces] = [new AsciiReceiver(), new AsciiReceiver()]
        const events = whole.receive(bytes)
        events.forEach(expectWithinLimits)
        expect(cut(bytes, sizes).flatMap((chunk) => pieces.receive(chunk))).toEqual(events)
        expect(whole.receive(next).at(-1)).toEqual({ type: 'frame', unit: 1, pdu: Uint8Array.of(7) })
      }),
      TEN_THOUSAND
    )
  })
})

describe('Modbus check sums, for any input', () => {
  it('make bytes that end in their own sum come out as nothing', () => {
    fc.assert(
      fc.property(anyBytes(), (bytes) => {
        const crc = crc16(bytes)
        expect(crc16(Uint8Array.of(...bytes, crc & 0xff, crc >>> 8))).toBe(0)
        expect(lrc(Uint8Array.of(...bytes, lrc(bytes)))).toBe(0)
      })
    )
  })

  it('are as the polynomial says, bit by bit', () => {
    fc.assert(
      fc.property(anyBytes(), (bytes) => {
        let crc = 0xffff
        for (const byte of bytes)
          for (let bit = 0; bit < 8; bit++) {
            const carry = (crc ^ (byte >> bit)) & 1
            crc >>= 1
            if (carry) crc ^= 0xa001
          }
        expect(crc16(bytes)).toBe(crc)
      })
    )
  })
})
