import { describe, expect, it } from 'vitest'
import { MAX_SUBNEGOTIATION, TelnetCodec } from '../../src-main/protocol/telnet.ts'
import type { TelnetEvent, TelnetMessage } from '../../src-main/protocol/telnet.ts'
import { hex, toHex } from '../hex.ts'

/** Events as text, neighbouring data joined: how data are cut up is no part of the protocol. */
function show(events: readonly TelnetEvent[]): string[] {
  const shown: string[] = []
  let data: Uint8Array[] = []
  const flush = (): void => {
    if (data.length > 0) shown.push(`data ${data.map(toHex).join(' ')}`)
    data = []
  }
  for (const event of events) {
    if (event.type === 'data') {
      data.push(event.bytes)
      continue
    }
    flush()
    if (event.type === 'command') shown.push(event.command)
    if (event.type === 'negotiation') shown.push(`${event.verb} ${event.option}`)
    if (event.type === 'subnegotiation') shown.push(`sb ${event.option}: ${toHex(event.bytes)}`)
    if (event.type === 'violation') shown.push(`violation: ${event.what} [${toHex(event.bytes)}]`)
  }
  flush()
  return shown
}

function inPieces(bytes: Uint8Array, nextSize: () => number): string[] {
  const codec = new TelnetCodec()
  const events: TelnetEvent[] = []
  for (let at = 0; at < bytes.length;) {
    const size = nextSize()
    events.push(...codec.receive(bytes.subarray(at, at + size)))
    at += size
  }
  return show(events)
}

const CASES: readonly [what: string, bytes: string, events: readonly string[]][] = [
  ['plain data', '41 42 0D 0A', ['data 41 42 0D 0A']],
  ['a doubled IAC is one 0xFF', '41 | FF FF | 42', ['data 41 FF 42']],
  ['only doubled IACs', 'FF FF FF FF FF FF', ['data FF FF FF']],
  ['a command between data', '41 | FF F3 | 42', ['data 41', 'brk', 'data 42']],
  [
    'AO, AYT, IP, NOP, DM, GA, EC, EL',
    'FFF5 FFF6 FFF4 FFF1 FFF2 FFF9 FFF7 FFF8',
    'ao ayt ip nop dm ga ec el'.split(' ')
  ],
  ['EOF, SUSP, ABORT, EOR', 'FFEC FFED FFEE FFEF', ['eof', 'susp', 'abort', 'eor']],
  ['WILL, WONT, DO, DONT', 'FFFB2C FFFC01 FFFD00 FFFE03', ['will 44', 'wont 1', 'do 0', 'dont 3']],
  ['option 255 is not an IAC', 'FF FD FF | 41', ['do 255', 'data 41']],
  ['set 115200', 'FF FA 2C | 01 00 01 C2 00 | FF F0', ['sb 44: 01 00 01 C2 00']],
  ['0xFF inside a subnegotiation', 'FF FA 2C | 0B FF FF | FF F0', ['sb 44: 0B FF']],
  ['0xFF at both ends of one', 'FF FA 2C | FF FF 00 FF FF | FF F0', ['sb 44: FF 00 FF']],
  ['an option of 0xFF', 'FF FA FF FF 07 | FF F0', ['sb 255: 07']],
  ['one without bytes', 'FF FA 2C | FF F0 | 41', ['sb 44: ', 'data 41']],
  ['CR NUL of a peer that never negotiated', '0D 00 0D 0A', ['data 0D 00 0D 0A']],
  ['CR NUL in binary', 'FF FB 00 | 0D 00', ['will 0', 'data 0D 00']],
  [
    'CR NUL of a peer that refused binary',
    'FF FC 00 | 41 0D 00 42 0D 0A 0D 0D 00 00',
    ['wont 0', 'data 41 0D 42 0D 0A 0D 0D 00']
  ],
  ['CR, then 0xFF, is no CR NUL', 'FF FC 00 | 0D FF FF 00', ['wont 0', 'data 0D FF 00']],
  ['binary agreed to later', 'FFFC00 | 0D00 | FFFB00 | 0D00', ['wont 0', 'data 0D', 'will 0', 'data 0D 00']],
  [
    'SE without SB',
    'FF F0 41',
    ['violation: the end of a subnegotiation that never began [FF F0]', 'data 41']
  ],
  ['an unknown command', 'FF 07 41', ['violation: an unknown command [FF 07]', 'data 41']],
  ['a subnegotiation of nothing', 'FF FA FF F0', ['violation: a subnegotiation without an option []']],
  [
    'a command inside a subnegotiation drops it and counts',
    'FF FA 2C 01 | FF F3 | 41',
    ['violation: a command inside a subnegotiation [2C 01]', 'brk', 'data 41']
  ],
  [
    'a subnegotiation inside one starts anew',
    'FF FA 2C 01 | FF FA 2C 02 08 FF F0',
    ['violation: a command inside a subnegotiation [2C 01]', 'sb 44: 02 08']
  ]
]

describe('telnet, receiving', () => {
  it.each(CASES)('%s', (_, bytes, events) => {
    expect(inPieces(hex(bytes), () => 1000)).toEqual(events)
  })

  it.each(CASES)('%s, byte by byte', (_, bytes, events) => {
    expect(inPieces(hex(bytes), () => 1)).toEqual(events)
  })

  it('hands data on as views, and untouched chunks as they are', () => {
    const codec = new TelnetCodec()
    const plain = hex('41 42')
    expect(codec.receive(plain)).toEqual([{ type: 'data', bytes: plain }])
    const [whole] = codec.receive(plain)
    expect(whole?.type === 'data' && whole.bytes).toBe(plain)

    const mixed = hex('41 FF FF 42 FF F3 43')
    for (const event of codec.receive(mixed))
      if (event.type === 'data') expect(event.bytes.buffer).toBe(mixed.buffer)
  })

  it('joins data that are mostly 0xFF, instead of handing on single bytes', () => {
    const events = new TelnetCodec().receive(new Uint8Array(4096).fill(0xff))
    expect(events).toEqual([{ type: 'data', bytes: new Uint8Array(2048).fill(0xff) }])
  })

  it('reads data and commands right where 0xFF is dense', () => {
    const wire = hex(`${'FF FF 41 '.repeat(20)} FF F3 ${'FF FF '.repeat(20)} 0D`)
    const events = [`data ${'FF 41 '.repeat(20).trim()}`, 'brk', `data ${'FF '.repeat(20)}0D`]
    for (const size of [1, 2, 3, 7, 61, 1000]) expect(inPieces(wire, () => size)).toEqual(events)
  })

  it('drops a subnegotiation beyond the limit and lives on', () => {
    const limit = Uint8Array.of(255, 250, ...new Uint8Array(MAX_SUBNEGOTIATION).fill(7), 255, 240)
    expect(show(new TelnetCodec().receive(limit))).toEqual([`sb 7: ${'07 '.repeat(4095).trim()}`])

    const tooLong = Uint8Array.of(255, 250, ...new Uint8Array(MAX_SUBNEGOTIATION + 1).fill(7), 255, 240, 65)
    const expected = [
      `violation: a subnegotiation of more than 4096 bytes [${'07 '.repeat(16).trim()}]`,
      'data 41'
    ]
    expect(inPieces(tooLong, () => 100_000)).toEqual(expected)
    expect(inPieces(tooLong, () => 1)).toEqual(expected)
  })

  it('says of 64 MB without an end just once that it is too long', () => {
    const codec = new TelnetCodec()
    codec.receive(hex('FF FA 2C'))
    const piece = new Uint8Array(64 * 1024).fill(1)
    let events = 0
    for (let sent = 0; sent < 64 * 1024 * 1024; sent += piece.length) events += codec.receive(piece).length
    expect(events).toBe(1)
    expect(show(codec.receive(hex('FF F0 41')))).toEqual(['data 41'])
  })
})

describe('telnet, sending', () => {
  const MESSAGES: readonly [what: string, message: TelnetMessage, bytes: string][] = [
    ['data', { type: 'data', bytes: hex('41 42') }, '41 42'],
    ['data with 0xFF', { type: 'data', bytes: hex('FF 41 FF FF 42 FF') }, 'FF FF 41 FF FF FF FF 42 FF FF'],
    ['a break', { type: 'command', command: 'brk' }, 'FF F3'],
    ['WILL 44', { type: 'negotiation', verb: 'will', option: 44 }, 'FF FB 2C'],
    ['a mask of 255', { type: 'subnegotiation', option: 44, bytes: hex('0B FF') }, 'FF FA 2C 0B FF FF FF F0']
  ]

  it.each(MESSAGES)('%s', (_, message, bytes) => {
    expect(toHex(new TelnetCodec().send(message))).toBe(bytes)
  })

  it('gives back the very same buffer where there is no 0xFF', () => {
    const bytes = hex('00 0D 0A FE')
    expect(new TelnetCodec().send({ type: 'data', bytes })).toBe(bytes)
  })
})

describe('telnet, both ways', () => {
  it('reads back data with 0xFF however dense, however cut up', () => {
    for (const every of [1, 2, 3, 15, 16, 17, 40, 255]) {
      const bytes = Uint8Array.from({ length: 1000 }, (_, n) => (n % every === 0 ? 255 : n % 255))
      const wire = new TelnetCodec().send({ type: 'data', bytes })
      for (const size of [1, 7, 100, 4096])
        expect(inPieces(wire, () => size)).toEqual([`data ${toHex(bytes)}`])
    }
  })
})
