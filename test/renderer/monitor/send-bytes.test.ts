import { describe, expect, it } from 'vitest'
import {
  asEscapes,
  type SendCheck,
  type SendEnding,
  sendBytes,
  type SendMode,
  translated
} from '../../../src-renderer/model/monitor/send-bytes.ts'

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9A-F]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16))

function bytesOf(
  mode: SendMode,
  text: string,
  check: SendCheck = 'none',
  ending: SendEnding = 'none'
): Uint8Array | readonly [at: number, to: number] {
  const read = sendBytes({ mode, text, check, ending })
  return read.type === 'bytes' ? read.bytes : [read.at, read.to]
}

describe('what the send box sends', () => {
  it.each([
    ['text', 'Grüße \\r', '47 72 C3 BC C3 9F 65 20 5C 72'],
    ['hex', '01 03 0a', '01 03 0A'],
    ['hex', '01030A', '01 03 0A'],
    ['hex', '0x01, 0x3; f 1B:2c', '01 03 0F 1B 2C'],
    ['hex', '  ', ''],
    ['escapes', 'AT\\r\\n', '41 54 0D 0A'],
    ['escapes', '\\0\\t\\e\\\\\\a\\b\\f\\v', '00 09 1B 5C 07 08 0C 0B'],
    ['escapes', '\\x02\\xfF', '02 FF'],
    ['escapes', '\\u00e9\\u{1F600}', 'C3 A9 F0 9F 98 80'],
    ['escapes', '\\ud83d\\ude00', 'F0 9F 98 80'],
    ['escapes', 'é😀', 'C3 A9 F0 9F 98 80']
  ] as const)('is, in %s, %j', (mode, text, bytes) => {
    expect(bytesOf(mode, text)).toEqual(hex(bytes))
  })

  it.each([
    ['hex', '01 0G', [4, 5]],
    ['hex', '01 030', [3, 6]],
    ['hex', '0x', [0, 2]],
    ['escapes', 'a\\q', [1, 3]],
    ['escapes', 'a\\', [1, 2]],
    ['escapes', '\\x0', [0, 3]],
    ['escapes', 'ab\\x0g', [2, 5]],
    ['escapes', '\\u12', [0, 4]],
    ['escapes', '\\u{110000}', [0, 10]],
    ['escapes', '\\ud83d', [0, 6]]
  ] as const)('points at what makes no sense, in %s, in %j', (mode, text, place) => {
    expect(bytesOf(mode, text)).toEqual(place)
  })

  // The check values of the digits 1 to 9, as everybody publishes them.
  it.each([
    ['sum8', 'DD'],
    ['xor', '31'],
    ['lrc', '23'],
    ['modbus', '37 4B'],
    ['ccitt', '29 B1'],
    ['xmodem', '31 C3'],
    ['crc32', '26 39 F4 CB'],
    ['nmea', '2A 33 31']
  ] as const)('has the check sum %s behind it', (check, sum) => {
    expect(bytesOf('text', '123456789', check)).toEqual(hex(`31 32 33 34 35 36 37 38 39 ${sum}`))
  })

  it('ends behind the check sum', () => {
    expect(bytesOf('hex', '01 03 00 00 00 0A', 'modbus')).toEqual(hex('01 03 00 00 00 0A C5 CD'))
    expect(bytesOf('text', '$GPGLL,4916.45,N,12311.12,W,225444,A,', 'nmea', 'crlf')).toEqual(
      new TextEncoder().encode('$GPGLL,4916.45,N,12311.12,W,225444,A,*1D\r\n')
    )
    expect(bytesOf('text', '', 'crc32', 'cr')).toEqual(hex('0D'))
  })

  it('is the same written in another way', () => {
    expect(translated('AT\\r\\n', 'escapes', 'hex')).toBe('41 54 0D 0A')
    expect(translated('41 54 0D FF', 'hex', 'escapes')).toBe('AT\\x0D\\xFF')
    expect(translated('41 54 0D 0A', 'hex', 'escapes')).toBe('AT\\r\\n')
    expect(translated('a\\b', 'text', 'escapes')).toBe('a\\\\b')
    expect(translated('41 54', 'hex', 'text')).toBe('AT')
    expect(translated('41 0D', 'hex', 'text')).toBeUndefined()
    expect(translated('4', 'text', 'hex')).toBe('34')
    expect(translated('\\q', 'escapes', 'hex')).toBeUndefined()
  })

  it('keeps pasted lines in one', () => {
    const pasted = 'a\\b\r\n\tc\u001b'
    expect(asEscapes(pasted)).toBe('a\\\\b\\r\\n\\tc\\u001B')
    expect(bytesOf('escapes', asEscapes(pasted))).toEqual(new TextEncoder().encode(pasted))
  })
})
