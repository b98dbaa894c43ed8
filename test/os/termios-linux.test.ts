import { describe, expect, it } from 'vitest'
import { DATA_BITS, FLOW_CONTROLS, PARITIES, STOP_BITS } from '../../src-main/contract/line.ts'
import { decodeTermios2, encodeTermios2 } from '../../src-main/os/termios-linux.ts'

/** What a fresh Linux terminal says: 38400 8N1, cooked, echo, HUPCL. */
const COOKED = Buffer.from(
  '00050000' + // c_iflag ICRNL | IXON
    '05000000' + // c_oflag OPOST | ONLCR
    'bf040000' + // c_cflag B38400 CS8 CREAD HUPCL
    '3b8a0000' + // c_lflag ISIG ICANON ECHO …
    '00' + // c_line
    '031c7f15040001001113 1a00120f17160000 00'.replaceAll(' ', '') + // c_cc[19]
    '00960000' + // c_ispeed
    '00960000', // c_ospeed
  'hex'
)

const hex = (bytes: Buffer, offset: number): string => bytes.readUInt32LE(offset).toString(16)

describe('termios2', () => {
  it('reads what the kernel says', () => {
    expect(COOKED).toHaveLength(44)
    expect(decodeTermios2(COOKED)).toEqual({
      baudRate: 38400,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      flowControl: 'none', // IXON without IXOFF is for a person at a terminal
      ignoreCarrier: false,
      hangUpOnClose: true
    })
  })

  it('makes raw: no flag that changes, drops or marks a byte', () => {
    const raw = encodeTermios2(COOKED, { flowControl: 'none' })
    expect([hex(raw, 0), hex(raw, 4), hex(raw, 12)]).toEqual(['0', '0', '0'])
    expect([raw[17 + 6], raw[17 + 5]]).toEqual([1, 0]) // VMIN, VTIME
    expect(hex(encodeTermios2(COOKED, { flowControl: 'xonxoff' }), 0)).toBe('1400') // IXON | IXOFF
    expect(hex(COOKED, 0)).toBe('500')
  })

  it.each([
    [{ baudRate: 115200 }, '14b2', 115200], // a code of its own, so that stty understands it
    [{ baudRate: 9600 }, '4bd', 9600],
    [{ baudRate: 250000 }, '14b0', 250000], // BOTHER
    [{ baudRate: 74880 }, '14b0', 74880],
    [{ baudRate: 4_294_967_295 }, '14b0', 4_294_967_295],
    [{ dataBits: 5 as const }, '48f', 38400],
    [{ dataBits: 5 as const, stopBits: 1.5 as const }, '4cf', 38400],
    [{ dataBits: 7 as const, parity: 'even' as const, stopBits: 2 as const }, '5ef', 38400],
    [{ parity: 'mark' as const }, '400007bf', 38400],
    [{ parity: 'space' as const }, '400005bf', 38400],
    [{ flowControl: 'rtscts' as const }, '800004bf', 38400],
    [{ ignoreCarrier: true, hangUpOnClose: false }, '8bf', 38400]
  ])('writes %j', (wish, cflag, baudRate) => {
    const raw = encodeTermios2(COOKED, wish)
    expect(hex(raw, 8)).toBe(cflag)
    expect([raw.readUInt32LE(36), raw.readUInt32LE(40)]).toEqual([baudRate, baudRate])
  })

  it('says 2 stop bits for 1.5 at any size but 5, and the reverse', () => {
    expect(decodeTermios2(encodeTermios2(COOKED, { stopBits: 1.5 })).stopBits).toBe(2)
    expect(decodeTermios2(encodeTermios2(COOKED, { dataBits: 5, stopBits: 2 })).stopBits).toBe(1.5)
  })

  it('reads back every combination, and keeps what a wish leaves out', () => {
    for (const dataBits of DATA_BITS)
      for (const parity of PARITIES)
        for (const stopBits of STOP_BITS)
          for (const flowControl of FLOW_CONTROLS) {
            if (stopBits === (dataBits === 5 ? 2 : 1.5)) continue
            const settings = { baudRate: 1234, dataBits, parity, stopBits, flowControl }
            const all = encodeTermios2(COOKED, settings)
            expect(decodeTermios2(all)).toMatchObject(settings)
            expect(encodeTermios2(all, {})).toEqual(all)
            for (const [name, value] of Object.entries(settings)) {
              const alone = decodeTermios2(encodeTermios2(COOKED, { dataBits, [name]: value }))
              expect(alone).toMatchObject({ [name]: value, hangUpOnClose: true })
            }
          }
  })
})
