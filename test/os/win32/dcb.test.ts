import { describe, expect, it } from 'vitest'
import { decodeDcb, encodeDcb } from '../../../src-main/os/win32/dcb.ts'

const LINES = { dtr: true, rts: true }
/** As wine and Windows give a fresh port: 38400 8N1, DTR and RTS on, XON 11, XOFF 13. */
const FRESH = Buffer.from('1c000000009600001110000000000a000a000800001113ff04000000', 'hex')

describe('DCB', () => {
  it('is read', () => {
    expect(decodeDcb(FRESH)).toEqual({
      baudRate: 38_400,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      flowControl: 'none',
      dtr: true,
      rts: true
    })
  })

  it.each([
    //                                                        length  baud    flags   res XonLim XoffLim size parity stop chars
    [{ baudRate: 250_000 }, '1c000000' + '90d00300' + '11100000' + '0000' + '0a000a00' + '080000'],
    [
      { dataBits: 7, parity: 'even', stopBits: 2 } as const,
      '1c000000' + '00960000' + '13100000' + '0000' + '0a000a00' + '070202'
    ],
    [
      { dataBits: 5, parity: 'mark', stopBits: 1.5 } as const,
      '1c000000' + '00960000' + '13100000' + '0000' + '0a000a00' + '050301'
    ],
    [
      { flowControl: 'rtscts' } as const,
      '1c000000' + '00960000' + '15200000' + '0000' + '0a000a00' + '080000'
    ],
    [
      { flowControl: 'xonxoff' } as const,
      '1c000000' + '00960000' + '11130000' + '0000' + '0a000a00' + '080000'
    ]
  ])('%o is written', (wish, hex) => {
    const dcb = encodeDcb(FRESH, wish, LINES)
    expect(dcb.toString('hex')).toBe(`${hex}1113ff04000000`)
    expect(decodeDcb(dcb)).toMatchObject(wish)
  })

  it('keeps the levels that were driven since: SetCommState would undo them', () => {
    const dcb = encodeDcb(FRESH, { baudRate: 9600 }, { dtr: false, rts: false })
    expect(decodeDcb(dcb)).toMatchObject({ baudRate: 9600, dtr: false, rts: false })
    expect(decodeDcb(encodeDcb(dcb, {}, { dtr: false, rts: true }))).toMatchObject({ dtr: false, rts: true })
  })

  it('leaves no mode in which bytes are dropped, replaced or waited for', () => {
    const odd = Buffer.from(FRESH)
    odd.writeUInt32LE(0x7fff, 8)
    const flags = encodeDcb(odd, { flowControl: 'none', parity: 'none' }, LINES).readUInt32LE(8)
    expect(flags).toBe(0x1011) // binary, DTR on, RTS on
  })
})
