import { describe, expect, it } from 'vitest'
import { UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import { InsertReader, type InsertEvent } from '../../src-main/protocol/com0com-insert.ts'
import {
  modemControlInput,
  PROBE,
  queueSizeInput,
  readCapabilities,
  readOverruns,
  tellsAll,
  watchInput
} from '../../src-main/protocol/com0com-ioctl.ts'
import { hex, toHex } from '../hex.ts'
import { inOne } from './insert-stream.ts'

const ALL = 0x0300_0703

function read(text: string): InsertEvent[] {
  return inOne(new InsertReader().receive(hex(text)))
}

const data = (text: string): InsertEvent => ({ type: 'data', bytes: hex(text) })

describe('what the driver is asked', () => {
  it.each([
    ['a probe', PROBE, '00 | 63 30 63 00 | FF FF FF FF'],
    ['to tell all', watchInput(ALL, true), 'FF | 63 30 63 00 | 02 07 00 03'],
    ['to tell all, and to drop nothing', watchInput(ALL, false), 'FF | 63 30 63 00 | 02 07 00 01'],
    ['what an older driver can tell', watchInput(0x0200_0003, true), 'FF | 63 30 63 00 | 02 00 00 02'],
    [
      'lines: CTS by RTS, DSR by DTR, DCD by OUT1, RI by OUT2',
      modemControlInput({ cts: true, dsr: false, dcd: true, ri: false }),
      '06 00 00 00 | 0F 00 00 00 | 63 30 63 00'
    ],
    [
      'lines that nobody can tell',
      modemControlInput(UNKNOWN_MODEM_STATE),
      '07 00 00 00 0F 00 00 00 63 30 63 00'
    ],
    ['a larger buffer', queueSizeInput(0x10000), '00 00 01 00 | 00 00 01 00']
  ])('%s', (_, input, expected) => expect(toHex(input)).toBe(toHex(hex(expected))))

  it.each([
    ['63 30 63 00 03 07 00 03', ALL, true],
    ['63 30 63 00 03 03 00 03', 0x0300_0303, false],
    ['63 30 63 01 03 07 00 03', undefined, false],
    ['63 30 63 00', undefined, false],
    ['', undefined, false]
  ])('answers the probe with %s', (answer, capabilities, all) => {
    expect(readCapabilities(hex(answer))).toBe(capabilities)
    expect(tellsAll(capabilities ?? 0)).toBe(all)
  })

  it('answers how much there was no room for', () => {
    expect(
      readOverruns(hex('64 00 00 00 | 00 00 00 00 | 00 00 00 00 | 00 00 00 00 | 05 01 00 00 | 00 00 00 00'))
    ).toBe(261)
    expect(readOverruns(hex('64'))).toBe(0)
  })
})

describe('what the driver inserts', () => {
  it.each<[string, string, InsertEvent[]]>([
    ['data', '41 42', [data('41 42')]],
    ['a literal FF', '41 FF 00 42', [data('41 FF 42')]],
    ['nothing but literals', 'FF 00 FF 00', [data('FF FF')]],
    ['a baud rate', 'FF 10 00 C2 01 00', [{ type: 'settings', wish: { baudRate: 115_200 } }]],
    ['the largest baud rate', 'FF 10 FF FF FF FF', [{ type: 'settings', wish: { baudRate: 0xffff_ffff } }]],
    [
      '7E2 between data',
      '41 FF 11 07 02 02 42',
      [data('41'), { type: 'settings', wish: { dataBits: 7, parity: 'even', stopBits: 2 } }, data('42')]
    ],
    [
      '5S1.5',
      'FF 11 05 04 01',
      [{ type: 'settings', wish: { dataBits: 5, parity: 'space', stopBits: 1.5 } }]
    ],
    ['DSR and DCD', 'FF 03 A2', [{ type: 'modem', modem: { cts: false, dsr: true, ri: false, dcd: true } }]],
    [
      'a break and its end',
      '41 FF 01 91 00 FF 02 60 42',
      [data('41'), { type: 'break', on: true }, { type: 'break', on: false }, data('42')]
    ],
    ['a damaged byte, which is data', 'FF 01 88 55', [{ type: 'break', on: false }, data('55')]],
    [
      'a line that cannot be, once',
      'FF 11 09 00 00 FF 11 08 05 00 41',
      [
        {
          type: 'violation',
          what: 'a line that cannot be',
          section: 'IOCTL_SERIAL_LSRMST_INSERT',
          bytes: hex('09 00 00')
        },
        data('41')
      ]
    ],
    [
      'an unknown kind, once, and nothing is taken away',
      '41 FF 20 42 FF 20 43',
      [
        data('41 FF 20'),
        {
          type: 'violation',
          what: 'an insertion of an unknown kind',
          section: 'IOCTL_SERIAL_LSRMST_INSERT',
          bytes: hex('20')
        },
        data('42 FF 20 43')
      ]
    ]
  ])('%s', (_, stream, expected) => expect(read(stream)).toEqual(expected))

  it('waits for the rest of an insertion', () => {
    const reader = new InsertReader()
    expect(reader.receive(hex('41 FF'))).toEqual([data('41')])
    expect(reader.receive(hex('10 00'))).toEqual([])
    expect(reader.receive(hex('C2 01 00 42'))).toEqual([
      { type: 'settings', wish: { baudRate: 115_200 } },
      data('42')
    ])
    expect(reader.receive(hex('FF'))).toEqual([])
    expect(reader.receive(hex('00'))).toEqual([data('FF')])
  })

  it('hands on views of what it was given', () => {
    const chunk = hex('41 42 FF 00 43')
    for (const event of new InsertReader().receive(chunk)) {
      expect(event.type === 'data' && event.bytes.buffer).toBe(chunk.buffer)
    }
  })
})
