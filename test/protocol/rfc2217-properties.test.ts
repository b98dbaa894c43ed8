import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DATA_BITS, FLOW_CONTROLS, MAX_BAUD_RATE, PARITIES, STOP_BITS } from '../../src-main/contract/line.ts'
import { MAX_SIGNATURE, comPort, decodeComPort } from '../../src-main/protocol/rfc2217.ts'
import type { ComPortMessage, Role } from '../../src-main/protocol/rfc2217.ts'
import {
  CISCO_BAUD_RATE,
  MODEM_LEVELS,
  lineStateBits,
  lineStateOf,
  modemDeltaBits,
  modemLevelBits,
  modemStateOf
} from '../../src-main/protocol/rfc2217-codes.ts'
import { OPTION, TelnetCodec } from '../../src-main/protocol/telnet.ts'
import { TEN_THOUSAND, bytesOf, cut, cuts, joined } from '../properties.ts'

const byte = fc.integer({ min: 0, max: 255 })
const role = fc.constantFrom<Role>('client', 'server')
const maybe = <T>(values: readonly T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(...values, undefined)
const is = <T extends string>(type: T): fc.Arbitrary<T> => fc.constant(type)

const message: fc.Arbitrary<ComPortMessage> = fc.oneof(
  fc.record({ type: is('signature'), text: fc.string({ unit: 'grapheme-ascii', maxLength: MAX_SIGNATURE }) }),
  fc.record({
    type: is('baudRate'),
    baudRate: fc.integer({ min: 0, max: MAX_BAUD_RATE }),
    short: fc.constant(false)
  }),
  fc.record({
    type: is('baudRate'),
    baudRate: fc.constantFrom(0, ...CISCO_BAUD_RATE.map(([rate]) => rate)),
    short: fc.constant(true)
  }),
  fc.record({ type: is('dataSize'), dataBits: maybe(DATA_BITS) }),
  fc.record({ type: is('parity'), parity: maybe(PARITIES) }),
  fc.record({ type: is('stopSize'), stopBits: maybe(STOP_BITS) }),
  fc.record({
    type: is('control'),
    about: fc.constantFrom('flow', 'inboundFlow'),
    flow: maybe(FLOW_CONTROLS)
  }),
  fc.record({ type: is('control'), about: fc.constantFrom('break', 'dtr', 'rts'), on: maybe([true, false]) }),
  fc.record({ type: fc.constantFrom('lineState', 'modemState'), bits: fc.option(byte, { nil: undefined }) }),
  fc.record({ type: fc.constantFrom('suspend', 'resume') }),
  fc.record({ type: fc.constantFrom('lineStateMask', 'modemStateMask'), mask: byte }),
  fc.record({ type: is('purge'), which: maybe(['receive', 'transmit', 'both'] as const) })
)

describe('RFC 2217, for any input', () => {
  it('says to the other role what it means, through telnet and however it is cut up', () => {
    fc.assert(
      fc.property(role, fc.array(message, { maxLength: 8 }), cuts, (sender, messages, sizes) => {
        const codec = new TelnetCodec()
        const wire = joined(messages.map((each) => codec.send(comPort(sender, each))))
        const read = cut(wire, sizes)
          .flatMap((chunk) => codec.receive(chunk))
          .map((event) =>
            event.type === 'subnegotiation' && event.option === OPTION.comPort
              ? decodeComPort(sender, event.bytes)
              : event
          )
        expect(read).toEqual(messages)
      }),
      { numRuns: 3000 }
    )
  })

  it('reads every bytes, and means what it read: 10,000 malformed inputs', () => {
    const code = fc.oneof(fc.integer({ min: 0, max: 13 }), fc.integer({ min: 100, max: 113 }), byte)
    fc.assert(
      fc.property(role, code, bytesOf([0, 1, 5, 8, 18, 255], 30), (sender, first, value) => {
        for (const bytes of [Uint8Array.of(first, ...value), value]) {
          const read = decodeComPort(sender, bytes)
          if (read.type === 'violation') continue
          if (read.type === 'signature') expect(read.text).toMatch(/^[\x20-\x7e]{0,24}$/)
          const said = comPort(sender, read)
          expect(said.type === 'subnegotiation' && decodeComPort(sender, said.bytes)).toEqual(read)
        }
      }),
      TEN_THOUSAND
    )
  })

  it('keeps levels and errors that it can tell', () => {
    const level = fc.boolean()
    fc.assert(
      fc.property(
        fc.record({ cts: level, dsr: level, dcd: level, ri: level }),
        byte,
        byte,
        (state, before, after) => {
          expect(modemStateOf(modemLevelBits(state))).toEqual(state)
          const deltas = modemDeltaBits(before, after)
          expect(deltas & MODEM_LEVELS).toBe(0)
          if ((before & MODEM_LEVELS) === (after & MODEM_LEVELS)) expect(deltas).toBe(0)
          expect(lineStateOf(lineStateBits(lineStateOf(before)))).toEqual(lineStateOf(before))
        }
      )
    )
  })
})
