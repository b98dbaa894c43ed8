import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { AsciiReceiver, encodeAscii } from '../../src-main/protocol/modbus-ascii.ts'
import { crc16, lrc } from '../../src-main/protocol/modbus-checks.ts'
import {
  MAX_RTU_FRAME,
  RtuReceiver,
  decodeRtu,
  encodeRtu,
  rtuSilenceMs
} from '../../src-main/protocol/modbus-rtu.ts'
import type { ModbusEvent } from '../../src-main/protocol/modbus.ts'
import { hex, toHex } from '../hex.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** `1: 03 00 00`, or what is wrong. */
function show(event: ModbusEvent | undefined): string {
  if (!event) return 'nothing'
  return event.type === 'frame' ? `${event.unit}: ${toHex(event.pdu)}` : event.what
}

describe('Modbus check sums', () => {
  it.each([
    // Serial Line Guide §6.2.2 (its example), and the usual one of the catalogues of CRCs.
    ['02 07', 0x1241],
    ['31 32 33 34 35 36 37 38 39', 0x4b37],
    ['01 03 00 00 00 0A', 0xcdc5],
    ['', 0xffff]
  ])('CRC-16 of %s', (bytes, sum) => {
    expect(crc16(hex(bytes))).toBe(sum)
  })

  it.each([
    ['01 03 00 00 00 0A', 0xf2],
    ['FF FF', 0x02],
    ['', 0]
  ])('LRC of %s', (bytes, sum) => {
    expect(lrc(hex(bytes))).toBe(sum)
  })
})

describe('Modbus RTU', () => {
  it('puts the unit in front and the CRC behind, low byte first', () => {
    expect(toHex(encodeRtu(1, hex('03 00 00 00 0A')))).toBe('01 03 00 00 00 0A C5 CD')
  })

  it.each([
    ['01 03 00 00 00 0A C5 CD', '1: 03 00 00 00 0A'],
    ['02 07 41 12', '2: 07'],
    ['01 03 00 00 00 0A C5 CC', 'a wrong CRC'],
    ['01 03 00 00 00 0A CD C5', 'a wrong CRC'],
    ['C5 CD 01', 'a frame that is too short']
  ])('%s is %s', (bytes, shown) => {
    expect(show(decodeRtu(hex(bytes)))).toBe(shown)
  })

  it('takes 256 bytes and no more, and shows 16 of what is too long', () => {
    const longest = encodeRtu(1, new Uint8Array(253).fill(7))
    expect(longest.length).toBe(MAX_RTU_FRAME)
    expect(decodeRtu(longest).type).toBe('frame')
    const receiver = new RtuReceiver()
    receiver.receive(longest)
    receiver.receive(new Uint8Array(1_000_000))
    const event = receiver.silence()
    expect(show(event)).toBe('a frame of more than 256 bytes')
    expect(event?.type === 'violation' && event.bytes.length).toBe(16)
    expect(receiver.silence()).toBeUndefined()
  })

  it('ends a frame with each silence', () => {
    const receiver = new RtuReceiver()
    expect(show(receiver.silence())).toBe('nothing')
    receiver.receive(hex('02 07'))
    receiver.receive(hex('41 12'))
    expect(show(receiver.silence())).toBe('2: 07')
    receiver.receive(hex('02 07'))
    expect(show(receiver.silence())).toBe('a frame that is too short')
  })

  it.each([
    [9600, 'even', 4.0104],
    [19_200, 'even', 2.0052],
    [19_200, 'none', 1.8229],
    [19_201, 'none', 1.75],
    [115_200, 'none', 1.75]
  ] as const)('at %i bit/s, parity %s: %f ms of silence', (baudRate, parity, ms) => {
    expect(rtuSilenceMs({ ...DEFAULT_SETTINGS, baudRate, parity })).toBeCloseTo(ms, 4)
  })
})

describe('Modbus ASCII', () => {
  const CASES: readonly [text: string, events: readonly string[]][] = [
    [':01030000000AF2\r\n', ['1: 03 00 00 00 0A']],
    [':01030000000af2\r\n', ['1: 03 00 00 00 0A']],
    ['garbage:0207F7\r\nmore\r\n:0207F7\r\n', ['2: 07', '2: 07']],
    [':0207F6\r\n', ['a wrong LRC']],
    [':0207F\r\n', ['half a byte']],
    [':02FE\r\n', ['a frame that is too short']],
    [':\r\n', ['a frame that is too short']],
    [':02 07F7\r\n:0207F7\r\n', ['a character that is no hex digit', '2: 07']],
    [':0207F7\n', ['a character that is no hex digit']],
    [':0207F7\rX\r\n', ['a CR without LF']],
    [':02:0207F7\r\n', ['a frame that was not ended', '2: 07']],
    [':0207F7\r:0207F7\r\n', ['a frame that was not ended', '2: 07']],
    [':0207F7', []]
  ]

  it.each(CASES)('%j', (text, events) => {
    expect(new AsciiReceiver().receive(ascii(text)).map(show)).toEqual(events)
    const slow = new AsciiReceiver()
    expect([...ascii(text)].flatMap((byte) => slow.receive(Uint8Array.of(byte))).map(show)).toEqual(events)
  })

  it('sends capitals, a colon in front and CR LF behind', () => {
    expect(Buffer.from(encodeAscii(1, hex('03 00 00 00 0A'))).toString()).toBe(':01030000000AF2\r\n')
  })

  it('takes 513 characters and no more, and lives on', () => {
    const longest = encodeAscii(1, new Uint8Array(253).fill(7))
    expect(longest.length).toBe(513)
    const receiver = new AsciiReceiver()
    expect(receiver.receive(longest)[0]?.type).toBe('frame')
    const endless = receiver.receive(ascii(`:${'0'.repeat(100_000)}\r\n`))
    expect(endless.map(show)).toEqual(['a frame of more than 255 bytes'])
    expect(receiver.receive(ascii(':0207F7\r\n')).map(show)).toEqual(['2: 07'])
  })
})
