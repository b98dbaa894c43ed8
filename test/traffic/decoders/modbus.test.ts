import { describe, expect, it } from 'vitest'
import { encodeAscii } from '../../../src-main/protocol/modbus-ascii.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { modbusAscii } from '../../../src-main/traffic/decoders/modbus-ascii.ts'
import { modbusRtu } from '../../../src-main/traffic/decoders/modbus-rtu.ts'
import { decodeAll, eventRow, fromDevice, hex, rowsOf, texts, toDevice, valuesOf, type Said } from './rows.ts'

const rtu = (pdu: string, unit = 1) => encodeRtu(unit, hex(pdu))
const join = (...pieces: Uint8Array[]) => new Uint8Array(Buffer.concat(pieces))

/** Request, answer, and what is said of both. All public functions (App §6). */
const DIALOGUES: readonly [request: string, answer: string, asked: string, answered: string][] = [
  ['01 0013 0013', '01 03 CD6B05', 'Read Coils 19-37', '19-37: 1 0 1 1 0 0 1 1 1 1 0 1 0 1 1 0 …'],
  ['02 00C4 0016', '02 03 ACDB35', 'Read Discrete Inputs 196-217', '196-217: 0 0 1 1 0 1 0 1'],
  ['03 006B 0003', '03 06 022B00000064', 'Read Holding Registers 107-109', '107-109: 555 0 100'],
  ['04 0008 0001', '04 02 000A', 'Read Input Registers 8', '8: 10'],
  ['05 00AC FF00', '05 00AC FF00', 'Write Single Coil 172: on', '172: on'],
  ['06 0001 0003', '06 0001 0003', 'Write Single Register 1: 3', '1: 3'],
  ['07', '07 6D', 'Read Exception Status', 'Read Exception Status 0x6D'],
  ['08 0000 A537', '08 0000 A537', 'Diagnostics Return Query Data', 'Return Query Data: A5 37'],
  ['08 0001 0000', '08 0001 0000', 'Restart Communications Option', 'Restart Communications Option: 0'],
  ['08 0002 0000', '08 0002 0012', 'Return Diagnostic Register', 'Return Diagnostic Register: 18'],
  ['08 0003 2100', '08 0003 2100', 'Change ASCII Input Delimiter', 'Change ASCII Input Delimiter: 8448'],
  ['08 000A 0000', '08 000A 0000', 'Clear Counters and Diagnostic Register', 'Clear Counters'],
  ['08 000B 0000', '08 000B 0107', 'Return Bus Message Count', 'Return Bus Message Count: 263'],
  ['08 000C 0000', '08 000C 0001', 'Return Bus Communication Error Count', 'Error Count: 1'],
  ['08 000D 0000', '08 000D 0002', 'Return Bus Exception Error Count', 'Error Count: 2'],
  ['08 000E 0000', '08 000E 0003', 'Return Server Message Count', 'Message Count: 3'],
  ['08 000F 0000', '08 000F 0004', 'Return Server No Response Count', 'Response Count: 4'],
  ['08 0010 0000', '08 0010 0005', 'Return Server NAK Count', 'NAK Count: 5'],
  ['08 0011 0000', '08 0011 0006', 'Return Server Busy Count', 'Busy Count: 6'],
  ['08 0012 0000', '08 0012 0007', 'Return Bus Character Overrun Count', 'Overrun Count: 7'],
  ['08 0014 0000', '08 0014 0000', 'Clear Overrun Counter and Flag', 'Clear Overrun Counter and Flag'],
  ['0B', '0B FFFF 0108', 'Get Comm Event Counter', 'busy, 264 events'],
  ['0C', '0C 08 0000 0108 0121 20 00', 'Get Comm Event Log', 'ready, 264 events, 289 messages'],
  ['0F 0013 000A 02 CD01', '0F 0013 000A', 'Write Multiple Coils 19-28: 1 0 1 1 0 0 1 1 1 0', '19-28'],
  ['10 0001 0002 04 000A0102', '10 0001 0002', 'Write Multiple Registers 1-2: 10 258', '1-2'],
  ['11', '11 06 47 FF 41424344', 'Report Server ID', 'Report Server ID GÿABCD'],
  [
    '14 0E 06 0004 0001 0002 06 0003 0009 0002',
    '14 0C 05 06 0DFE0020 05 06 33CD0040',
    'Read File Record file 4 record 1-2, file 3 record 9-10',
    '0D FE 00 20, 33 CD 00 40'
  ],
  [
    '15 0D 06 0004 0007 0003 06AF04BE100D',
    '15 0D 06 0004 0007 0003 06AF04BE100D',
    'Write File Record file 4 record 7-9',
    'file 4 record 7-9'
  ],
  ['16 0004 00F2 0025', '16 0004 00F2 0025', 'Mask Write Register 4: AND 0x00F2, OR 0x0025', '4: AND 0x00F2'],
  [
    '17 0003 0006 000E 0003 06 00FF00FF00FF',
    '17 0C 00FE0ACD00010003000D00FF',
    'Read/Write Multiple Registers read 3-8, write 14-16: 255 255 255',
    '3-8: 254 2765 1 3 13 255'
  ],
  ['18 04DE', '18 0006 0002 01B8 1284', 'Read FIFO Queue 1246', 'Read FIFO Queue 440 4740'],
  ['2B 0D 0001', '2B 0D 0002', '13 CANopen General Reference', '13 CANopen General Reference: 00 02'],
  [
    '2B 0E 01 00',
    '2B 0E 01 01 00 00 03 00 03 414243 01 02 5831 02 05 56322E3131',
    'Read Device Identification, basic',
    'Device Identification: ABC, X1, V2.11'
  ]
]

describe.each([
  { name: 'RTU', kind: modbusRtu, encode: encodeRtu, check: 'CRC' },
  { name: 'ASCII', kind: modbusAscii, encode: encodeAscii, check: 'LRC' }
])('Modbus $name', ({ kind, encode, check }) => {
  it.each(DIALOGUES)('reads %s and %s', (request, answer, asked, answered) => {
    const [first, second] = decodeAll(kind.make(), [
      toDevice(encode(17, hex(request))),
      fromDevice(encode(17, hex(answer)), 25)
    ])
    expect(first?.text).toMatch(/^unit 17 request: /)
    expect(first?.text).toContain(asked)
    expect(second?.text).toMatch(/^unit 17 answer: /)
    expect(second?.text).toContain(answered)
    for (const each of [first, second]) {
      expect(each?.verdict).toBe('ok')
      expect(each?.keys).toMatchObject({ unit: '17', crc: 'ok', fc: String(hex(request)[0]) })
      expect(valuesOf(each, check)[0]).toContain('ok')
    }
    expect(second?.answers).toEqual({ row: 0, afterNs: 25e6 })
  })

  it('tells each field its place', () => {
    const wire = encode(17, hex('03 006B 0003'))
    const [decoded] = decodeAll(kind.make(), [toDevice(wire)])
    const place = (name: string) => {
      const { from = -1, to = -1 } = decoded!.fields.find((field) => field.name === name)!
      return wire.slice(from, to)
    }
    const part = (pdu: string) =>
      kind === modbusRtu ? hex(pdu) : Uint8Array.from(pdu, (digit) => digit.charCodeAt(0))
    expect(place('Unit')).toEqual(part('11'))
    expect(place('Function')).toEqual(part('03'))
    expect(place('Address')).toEqual(part('006B'))
    expect(place('Quantity')).toEqual(part('0003'))
    expect(place(check)).toEqual(part(kind === modbusRtu ? '7687' : '7E'))
  })

  it.each([
    [1, 'Illegal Function'],
    [2, 'Illegal Data Address'],
    [3, 'Illegal Data Value'],
    [4, 'Server Device Failure'],
    [5, 'Acknowledge'],
    [6, 'Server Device Busy'],
    [8, 'Memory Parity Error'],
    [10, 'Gateway Path Unavailable'],
    [11, 'Gateway Target Device Failed to Respond']
  ])('names exception %i', (code, name) => {
    const [, answer] = decodeAll(kind.make(), [
      toDevice(encode(1, hex('03 0000 0001'))),
      fromDevice(encode(1, Uint8Array.of(0x83, code)))
    ])
    expect(answer?.text).toBe(`unit 1 answer: Read Holding Registers refused: ${name}`)
    expect(answer).toMatchObject({
      verdict: 'note',
      keys: { exception: String(code), fc: '3' },
      answers: { row: 0 }
    })
  })

  it('says what is wrong with a request that no device may take', () => {
    const [bits, coil, count] = texts(kind.make(), [
      toDevice(encode(1, hex('01 0000 07D1'))),
      toDevice(encode(1, hex('05 0000 1234'))),
      toDevice(encode(1, hex('10 0001 0002 02 000A')))
    ])
    expect(bits).toContain('quantity 2001, allowed are 1 to 2000')
    expect(coil).toContain('coil value 0x1234')
    expect(count).toContain('byte count 2 instead of 4')
  })

  it('waits for no answer to a broadcast', () => {
    const [broadcast, next] = decodeAll(kind.make(), [
      toDevice(encode(0, hex('06 0001 0003'))),
      toDevice(encode(1, hex('03 0000 0001')))
    ])
    expect(broadcast?.text).toBe('all units request: Write Single Register 1: 3')
    expect(next?.unanswered).toBeUndefined()
  })

  it('tells a request that got no answer', () => {
    const [, again, answer] = decodeAll(kind.make(), [
      toDevice(encode(1, hex('06 0001 0003'))),
      toDevice(encode(1, hex('06 0001 0003')), 1000),
      fromDevice(encode(1, hex('06 0001 0003')))
    ])
    expect(again?.text).toMatch(/^unit 1 request/)
    expect(again?.unanswered).toEqual([0])
    expect(answer?.answers?.row).toBe(1)
  })

  it('tells requests from answers on a bus that is only listened to', () => {
    const found = texts(kind.make(), [
      fromDevice(encode(1, hex('06 0001 0003'))),
      fromDevice(encode(1, hex('06 0001 0003'))),
      fromDevice(encode(2, hex('03 0000 0001'))),
      fromDevice(encode(2, hex('03 02 0007')))
    ])
    expect(found.map((text) => text?.split(' ')[2])).toEqual(['request:', 'answer:', 'request:', 'answer:'])
  })

  it('knows the adapter that hears itself', () => {
    const request = encode(1, hex('03 0000 0001'))
    const found = decodeAll(kind.make(), [
      toDevice(request),
      fromDevice(request),
      fromDevice(encode(1, hex('03 02 0007')))
    ])
    expect(found.map((each) => each?.keys?.type)).toEqual(['request', 'echo', 'answer'])
    expect(found[2]?.answers?.row).toBe(0)
  })

  it('knows that the other side asks, where this one only answers', () => {
    const found = decodeAll(kind.make(), [
      fromDevice(encode(1, hex('03 0000 0001'))),
      toDevice(encode(1, hex('03 02 0007')), 3),
      fromDevice(encode(1, hex('06 0001 0003'))),
      toDevice(encode(1, hex('06 0001 0003')), 4)
    ])
    expect(found.map((each) => each?.keys?.type)).toEqual(['request', 'answer', 'request', 'answer'])
    expect(found[3]?.answers).toEqual({ row: 2, afterNs: 4e6 })
  })

  it('pairs nothing over a loss', () => {
    const decoder = kind.make()
    const [request, answer] = rowsOf([
      toDevice(encode(1, hex('03 0000 0001'))),
      fromDevice(encode(1, hex('03 02 0007')))
    ])
    decoder.decode(request!)
    decoder.decode(eventRow({ type: 'missed', records: 3, bytes: 40, why: 'off' }))
    const decoded = decoder.decode(answer!)
    expect(decoded?.answers).toBeUndefined()
    expect(decoded?.text).toBe('unit 1 answer: Read Holding Registers 7')
  })
})

describe('Modbus RTU, torn by adapters and networks', () => {
  const request = rtu('03 0000 000A')
  const answer = rtu('03 14 0001 0002 0003 0004 0005 0006 0007 0008 0009 000A')

  it('reads several frames in one row', () => {
    const [decoded] = decodeAll(modbusRtu.make(), [fromDevice(join(request, answer, rtu('06 0001 0003', 2)))])
    expect(valuesOf(decoded, 'Frame 2 of 3')).toEqual([
      'unit 1 answer: Read Holding Registers 0-9: 1 2 3 4 5 6 7 8 9 10'
    ])
    expect(decoded).toMatchObject({ verdict: 'ok', keys: { fc: '3 6', unit: '1 2', crc: 'ok' } })
  })

  it.each(Array.from({ length: 24 }, (_, at) => at + 1))(
    'reads a frame that is torn behind byte %i',
    (at) => {
      const [, first, second] = decodeAll(modbusRtu.make(), [
        toDevice(request),
        fromDevice(answer.subarray(0, at)),
        fromDevice(answer.subarray(at), 200)
      ])
      expect(first).toMatchObject({ verdict: 'note', keys: { type: 'part' } })
      expect(second?.text).toBe('unit 1 answer: Read Holding Registers 0-9: 1 2 3 4 5 6 7 8 9 10')
      expect(second?.answers).toEqual({ row: 0, afterNs: 10e6 })
    }
  )

  it('reads a frame in three rows, and places what stands in the last one', () => {
    const found = decodeAll(
      modbusRtu.make(),
      [3, 9, 30].map((to, index) => fromDevice(answer.subarray([0, 3, 9][index], to)))
    )
    const register = found[2]?.fields.find((field) => field.name === 'Value 10')
    expect(register).toEqual({ name: 'Value 10', value: '10 (0x000A)', from: 12, to: 14 })
    expect(found[2]?.fields.find((field) => field.name === 'Unit')).toEqual({ name: 'Unit', value: '1' })
  })

  it('does not wait longer than a second for the rest', () => {
    const [, late] = decodeAll(modbusRtu.make(), [
      fromDevice(answer.subarray(0, 10)),
      fromDevice(answer.subarray(10), 1500)
    ])
    expect(late?.verdict).toBe('bad')
  })

  it('finds frames behind noise, and says what is wrong', () => {
    const [noise, wrong] = decodeAll(modbusRtu.make(), [
      fromDevice(join(hex('00 FF 80'), request)),
      toDevice(Uint8Array.of(...request.subarray(0, -1), (request.at(-1) ?? 0) ^ 1))
    ])
    expect(noise?.text).toBe('too short for a frame: 00 FF 80 · unit 1 request: Read Holding Registers 0-9')
    expect(noise).toMatchObject({ verdict: 'bad', keys: { crc: 'bad ok' } })
    expect(wrong?.text).toBe('wrong CRC: 0xCCC5 instead of 0xCDC5 (as if unit 1, Read Holding Registers)')
    expect(wrong).toMatchObject({ verdict: 'bad', keys: { fc: '3', unit: '1', crc: 'bad' } })
  })

  it('reads functions of vendors up to the end of the row', () => {
    const script: Said[] = [toDevice(rtu('41 01 02 03')), fromDevice(rtu('41 AA'))]
    expect(texts(modbusRtu.make(), script)).toEqual([
      'unit 1 request: User-defined function 65 01 02 03',
      'unit 1 answer: User-defined function 65 AA'
    ])
  })
})

describe('Modbus ASCII, torn and broken', () => {
  const wire = encodeAscii(1, hex('03 0000 000A'))

  it('reads a frame over two rows', () => {
    const found = texts(modbusAscii.make(), [toDevice(wire.subarray(0, 7)), toDevice(wire.subarray(7), 900)])
    expect(found).toEqual([
      '7 characters of a frame, not complete',
      'unit 1 request: Read Holding Registers 0-9'
    ])
  })

  it('says what is wrong', () => {
    const found = texts(modbusAscii.make(), [
      toDevice(':01030000000AF3\r\n'),
      toDevice('hello\r\n'),
      toDevice(':0103:01030000000AF2\r\n')
    ])
    expect(found).toEqual([
      'a wrong LRC: :01030000000AF3<CR><LF>',
      '7 bytes outside of frames',
      'a frame that was not ended: :0103 · unit 1 request: Read Holding Registers 0-9'
    ])
  })
})
