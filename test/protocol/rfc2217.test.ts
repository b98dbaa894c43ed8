import { describe, expect, it } from 'vitest'
import { DATA_BITS, FLOW_CONTROLS, PARITIES, STOP_BITS } from '../../src-main/contract/line.ts'
import { MAX_SIGNATURE, comPort, decodeComPort } from '../../src-main/protocol/rfc2217.ts'
import type { ComPortMessage, Role } from '../../src-main/protocol/rfc2217.ts'
import {
  CISCO_BAUD_RATE,
  lineStateBits,
  lineStateOf,
  modemDeltaBits,
  modemLevelBits,
  modemStateOf
} from '../../src-main/protocol/rfc2217-codes.ts'
import { RawCodec } from '../../src-main/protocol/raw.ts'
import { TelnetCodec } from '../../src-main/protocol/telnet.ts'
import { hex, toHex } from '../hex.ts'

function wire(role: Role, message: ComPortMessage): string {
  return toHex(new TelnetCodec().send(comPort(role, message)))
}

function bytesOf(role: Role, message: ComPortMessage): Uint8Array {
  const sent = comPort(role, message)
  return sent.type === 'subnegotiation' ? sent.bytes : new Uint8Array(0)
}

/** code | value, as the client says it; the server's code is 0x64 higher. */
const MESSAGES: readonly [what: string, bytes: string, message: ComPortMessage][] = [
  ['what are you?', '00', { type: 'signature', text: '' }],
  ['we are Farport', '00 | 46 61 72 70 6F 72 74', { type: 'signature', text: 'Farport' }],
  ['baud rate?', '01 | 00 00 00 00', { type: 'baudRate', baudRate: 0, short: false }],
  ['115200', '01 | 00 01 C2 00', { type: 'baudRate', baudRate: 115_200, short: false }],
  ['2^32-1', '01 | FF FF FF FF', { type: 'baudRate', baudRate: 4_294_967_295, short: false }],
  ['9600 as Cisco says it', '01 | 08', { type: 'baudRate', baudRate: 9600, short: true }],
  ['baud rate? as Cisco says it', '01 | 00', { type: 'baudRate', baudRate: 0, short: true }],
  ['data size?', '02 | 00', { type: 'dataSize', dataBits: undefined }],
  ['7 bits', '02 | 07', { type: 'dataSize', dataBits: 7 }],
  ['parity?', '03 | 00', { type: 'parity', parity: undefined }],
  ['none', '03 | 01', { type: 'parity', parity: 'none' }],
  ['odd', '03 | 02', { type: 'parity', parity: 'odd' }],
  ['even', '03 | 03', { type: 'parity', parity: 'even' }],
  ['mark', '03 | 04', { type: 'parity', parity: 'mark' }],
  ['space', '03 | 05', { type: 'parity', parity: 'space' }],
  ['stop size?', '04 | 00', { type: 'stopSize', stopBits: undefined }],
  ['1 stop bit', '04 | 01', { type: 'stopSize', stopBits: 1 }],
  ['2 stop bits', '04 | 02', { type: 'stopSize', stopBits: 2 }],
  ['1.5 stop bits are 3', '04 | 03', { type: 'stopSize', stopBits: 1.5 }],
  ['flow control?', '05 | 00', { type: 'control', about: 'flow', flow: undefined }],
  ['no flow control', '05 | 01', { type: 'control', about: 'flow', flow: 'none' }],
  ['XON/XOFF', '05 | 02', { type: 'control', about: 'flow', flow: 'xonxoff' }],
  ['RTS/CTS', '05 | 03', { type: 'control', about: 'flow', flow: 'rtscts' }],
  ['break?', '05 | 04', { type: 'control', about: 'break', on: undefined }],
  ['break on is 5', '05 | 05', { type: 'control', about: 'break', on: true }],
  ['break off is 6', '05 | 06', { type: 'control', about: 'break', on: false }],
  ['DTR?', '05 | 07', { type: 'control', about: 'dtr', on: undefined }],
  ['DTR on', '05 | 08', { type: 'control', about: 'dtr', on: true }],
  ['DTR off', '05 | 09', { type: 'control', about: 'dtr', on: false }],
  ['RTS?', '05 | 0A', { type: 'control', about: 'rts', on: undefined }],
  ['RTS on', '05 | 0B', { type: 'control', about: 'rts', on: true }],
  ['RTS off', '05 | 0C', { type: 'control', about: 'rts', on: false }],
  ['inbound flow control?', '05 | 0D', { type: 'control', about: 'inboundFlow', flow: undefined }],
  ['no inbound one', '05 | 0E', { type: 'control', about: 'inboundFlow', flow: 'none' }],
  ['inbound XON/XOFF', '05 | 0F', { type: 'control', about: 'inboundFlow', flow: 'xonxoff' }],
  ['inbound RTS', '05 | 10', { type: 'control', about: 'inboundFlow', flow: 'rtscts' }],
  ['a poll of the line', '06', { type: 'lineState', bits: undefined }],
  ['break and overrun', '06 | 12', { type: 'lineState', bits: 0x12 }],
  ['a poll of the modem', '07', { type: 'modemState', bits: undefined }],
  ['DCD and CTS, CTS new', '07 | 91', { type: 'modemState', bits: 0x91 }],
  ['suspend', '08', { type: 'suspend' }],
  ['resume', '09', { type: 'resume' }],
  ['line mask', '0A | 1E', { type: 'lineStateMask', mask: 0x1e }],
  ['modem mask', '0B | FF', { type: 'modemStateMask', mask: 0xff }],
  ['purge what came', '0C | 01', { type: 'purge', which: 'receive' }],
  ['purge what goes', '0C | 02', { type: 'purge', which: 'transmit' }],
  ['purge both', '0C | 03', { type: 'purge', which: 'both' }]
]

describe('RFC 2217, both roles', () => {
  it.each(MESSAGES)('%s', (_, bytes, message) => {
    const client = hex(bytes)
    const server = Uint8Array.of((client[0] ?? 0) + 100, ...client.subarray(1))
    expect(toHex(bytesOf('client', message))).toBe(toHex(client))
    expect(toHex(bytesOf('server', message))).toBe(toHex(server))
    expect(decodeComPort('client', client)).toEqual(message)
    expect(decodeComPort('server', server)).toEqual(message)
  })

  it('goes into a subnegotiation of option 44 with 0xFF doubled', () => {
    expect(wire('client', { type: 'baudRate', baudRate: 115_200, short: false })).toBe(
      'FF FA 2C 01 00 01 C2 00 FF F0'
    )
    expect(wire('server', { type: 'modemStateMask', mask: 255 })).toBe('FF FA 2C 6F FF FF FF F0')
  })

  it('reads back all that it can say', () => {
    const all: ComPortMessage[] = [
      ...DATA_BITS.map((dataBits) => ({ type: 'dataSize', dataBits }) as const),
      ...PARITIES.map((parity) => ({ type: 'parity', parity }) as const),
      ...STOP_BITS.map((stopBits) => ({ type: 'stopSize', stopBits }) as const),
      ...FLOW_CONTROLS.map((flow) => ({ type: 'control', about: 'flow', flow }) as const),
      ...CISCO_BAUD_RATE.map(([baudRate]) => ({ type: 'baudRate', baudRate, short: true }) as const),
      ...[1, 255, 256, 250_000, 0x8000_0000].map(
        (baudRate) => ({ type: 'baudRate', baudRate, short: false }) as const
      )
    ]
    for (const role of ['client', 'server'] as const)
      for (const message of all) expect(decodeComPort(role, bytesOf(role, message))).toEqual(message)
  })
})

describe('RFC 2217, what peers do otherwise', () => {
  const ODD: readonly [what: string, role: Role, bytes: string, message: ComPortMessage][] = [
    [
      'sredird: four more bytes',
      'server',
      '65 | 00 00 25 80 00 00 00 00',
      { type: 'baudRate', baudRate: 9600, short: false }
    ],
    ['telnetcpcd: no code at all', 'client', '', { type: 'signature', text: '' }],
    ['suspend from a server without + 100', 'server', '08', { type: 'suspend' }],
    ['resume from a server without + 100', 'server', '09', { type: 'resume' }],
    ['a baud rate without value', 'client', '01', { type: 'baudRate', baudRate: 0, short: false }],
    ['half a baud rate', 'client', '01 | 25 80', { type: 'baudRate', baudRate: 0, short: false }],
    [
      'a rate that Cisco has no number for',
      'client',
      '01 | 63',
      { type: 'baudRate', baudRate: 0, short: true }
    ],
    ['9 data bits', 'client', '02 | 09', { type: 'dataSize', dataBits: undefined }],
    ['an unknown parity', 'client', '03 | 06', { type: 'parity', parity: undefined }],
    ['a control without value', 'client', '05', { type: 'control', about: 'flow', flow: undefined }],
    ['DCD flow control', 'client', '05 | 11', { type: 'control', about: 'flow', flow: undefined }],
    [
      'DTR flow control, inbound',
      'client',
      '05 | 12',
      { type: 'control', about: 'inboundFlow', flow: undefined }
    ],
    ['DSR flow control', 'client', '05 | 13', { type: 'control', about: 'flow', flow: undefined }],
    ['an unknown purge', 'client', '0C | 09', { type: 'purge', which: undefined }],
    ['control characters in a signature', 'server', '64 | 1B 41 07 42', { type: 'signature', text: 'AB' }]
  ]

  it.each(ODD)('%s', (_, role, bytes, message) => {
    expect(decodeComPort(role, hex(bytes))).toEqual(message)
  })

  it.each([
    ['client', '0D'],
    ['client', '65 00 00 25 80'],
    ['server', '01 00 00 25 80'],
    ['server', '71']
  ] as const)('takes from a %s no %s', (role, bytes) => {
    expect(decodeComPort(role, hex(bytes)).type).toBe('violation')
  })

  it('sends a signature of 24 bytes at the most, and 0 for a rate that the short form cannot say', () => {
    expect(bytesOf('server', { type: 'signature', text: 'x'.repeat(50) }).length).toBe(1 + MAX_SIGNATURE)
    expect(MAX_SIGNATURE).toBe(24)
    expect(toHex(bytesOf('server', { type: 'baudRate', baudRate: 250_000, short: true }))).toBe('65 00')
  })
})

describe('modem and line state', () => {
  it('has levels in the high nibble, an unknown level being off', () => {
    expect(modemLevelBits({ dcd: true, ri: false, dsr: false, cts: true })).toBe(0x90)
    expect(modemLevelBits({ dcd: false, ri: true, dsr: true, cts: false })).toBe(0x60)
    expect(modemLevelBits({ dcd: 'unknown', ri: 'unknown', dsr: 'unknown', cts: 'unknown' })).toBe(0)
    expect(modemStateOf(0xa5)).toEqual({ dcd: true, ri: false, dsr: true, cts: false })
  })

  it.each([
    [0x00, 0x10, 0x01],
    [0x10, 0x00, 0x01],
    [0x20, 0x90, 0x0b],
    [0x00, 0x40, 0x00],
    [0x40, 0x00, 0x04],
    [0xf0, 0xf0, 0x00]
  ])('from %i to %i has the deltas %i', (before, after, deltas) => {
    expect(modemDeltaBits(before, after)).toBe(deltas)
  })

  it('says that errors happened, not how many', () => {
    expect(lineStateBits({ overrun: 3, parity: 0, framing: 1, break: 0 })).toBe(0x0a)
    expect(lineStateOf(0xff)).toEqual({ overrun: 1, parity: 1, framing: 1, break: 1 })
    expect(lineStateOf(0xe1)).toEqual({ overrun: 0, parity: 0, framing: 0, break: 0 })
  })
})

describe('raw', () => {
  it('changes nothing, both ways', () => {
    const codec = new RawCodec()
    const bytes = hex('FF FB 2C FF 0D 00')
    const [event] = codec.receive(bytes)
    expect(event?.type === 'data' && event.bytes).toBe(bytes)
    expect(codec.send({ type: 'data', bytes })).toBe(bytes)
    expect(codec.send({ type: 'command', command: 'brk' }).length).toBe(0)
  })
})
