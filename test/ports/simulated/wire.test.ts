import { describe, expect, it } from 'vitest'
import { DATA_BITS, PARITIES, STOP_BITS, parseLine, type LineState } from '../../../src-main/contract/line.ts'
import {
  decode,
  encode,
  encodeBreak,
  encodeDamaged,
  transfer,
  type Frame
} from '../../../src-main/ports/simulated/wire.ts'

const frame = (baudRate: number, line: string): Frame => ({ baudRate, ...parseLine(line)! })
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (chunk: Uint8Array): string => Buffer.from(chunk).toString('hex')
const errors = (some: Partial<LineState>): LineState => ({
  overrun: 0,
  parity: 0,
  framing: 0,
  break: 0,
  ...some
})

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, value) => value)

/** A fixed sequence of pseudo-random numbers below `limit`, so that a failure can be repeated. */
function sequence(limit: number): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % limit
  }
}

describe('a line whose ends agree', () => {
  it('carries every byte at every data size, parity and stop bits', () => {
    for (const dataBits of DATA_BITS)
      for (const parity of PARITIES)
        for (const stopBits of STOP_BITS)
          for (const baudRate of [1, 300, 4800, 74_880, 115_200, 0xffff_ffff]) {
            const same = { baudRate, dataBits, parity, stopBits }
            const arrived = decode(encode(EVERY_BYTE, same), same)
            expect(hex(arrived.bytes)).toBe(hex(EVERY_BYTE.map((byte) => byte & (2 ** dataBits - 1))))
            expect(arrived.errors).toEqual(errors({}))
          }
  })

  it('does not copy', () => {
    expect(transfer(EVERY_BYTE, frame(9600, '8N1'), frame(9600, '8N2')).bytes).toBe(EVERY_BYTE)
  })

  it.each([
    ['8N1', '8N2'],
    ['8N2', '8N1'],
    ['7E1', '7E1.5']
  ])('does not care for the number of stop bits: %s to %s', (sender, receiver) => {
    const arrived = decode(encode(bytes('00 55 7f 41 41'), frame(9600, sender)), frame(9600, receiver))
    expect(hex(arrived.bytes)).toBe('00557f4141')
    expect(arrived.errors).toEqual(errors({}))
  })

  it.each([0.96, 0.98, 1.02, 1.04])('bears a clock that is off by the factor %f', (factor) => {
    const arrived = decode(encode(EVERY_BYTE, frame(115_200, '8N1')), frame(115_200 * factor, '8N1'))
    expect(hex(arrived.bytes)).toBe(hex(EVERY_BYTE))
  })
})

describe('a line whose ends disagree', () => {
  // Each worked out on paper from the bits; the sample of receiver bit k stands at (k + 17/32) receiver bits.
  it.each([
    {
      what: 'a start bit that is gone by its middle is no start',
      sent: '55',
      from: '9600 8N1',
      to: '4800 8N1',
      got: '',
      with: {}
    },
    {
      what: 'half the rate: nine bits of space are start and three zeros',
      sent: '00',
      from: '9600 8N1',
      to: '4800 8N1',
      got: 'f8',
      with: {}
    },
    {
      what: 'half the rate: the start bit is missed, the upper half starts',
      sent: '0f',
      from: '9600 8N1',
      to: '4800 8N1',
      got: 'fe',
      with: {}
    },
    {
      what: 'twice the rate: each bit is read twice',
      sent: '55',
      from: '4800 8N1',
      to: '9600 8N1',
      got: '66e6',
      with: { framing: 1 }
    },
    {
      what: '24 times the rate: each run of zeros lasts longer than a character',
      sent: '24',
      from: '4800 8N1',
      to: '115200 8N1',
      got: '000000',
      with: { break: 3 }
    },
    { what: 'parity read as bit 7', sent: '41 43', from: '9600 7E1', to: '9600 8N1', got: '41c3', with: {} },
    {
      what: 'bit 7 read as parity',
      sent: '41 43',
      from: '9600 8N1',
      to: '9600 7E1',
      got: '4143',
      with: { parity: 1 }
    },
    {
      what: 'odd for even',
      sent: '00 01 7f',
      from: '9600 7O1',
      to: '9600 7E1',
      got: '00017f',
      with: { parity: 3 }
    },
    {
      what: 'space parity for mark',
      sent: '31',
      from: '9600 7S1',
      to: '9600 7M1',
      got: '31',
      with: { parity: 1 }
    },
    {
      what: 'a character longer than the sender’s: out of step',
      sent: '41 41',
      from: '9600 8N1',
      to: '9600 8E1',
      got: '41d0',
      with: { framing: 1 }
    },
    {
      what: 'after a missing stop bit a rising edge is no start',
      sent: '00 2a 00',
      from: '9600 8N1',
      to: '4800 7N1',
      got: '0878',
      with: { framing: 1 }
    },
    {
      what: 'bit 7 in the place of the stop bit',
      sent: '41',
      from: '9600 8N1',
      to: '9600 7N1',
      got: '41',
      with: { framing: 1 }
    }
  ])('$what', ({ sent, from, to, got, with: some }) => {
    const [sender, receiver] = [from, to].map((text) => {
      const [baud, line] = text.split(' ')
      return frame(Number(baud), line!)
    })
    const arrived = transfer(bytes(sent), sender!, receiver!)
    expect(hex(arrived.bytes)).toBe(got)
    expect(arrived.errors).toEqual(errors(some))
  })

  it('gives at most a character per two edges, at any rates', () => {
    const random = sequence(0xffff_ffff)
    for (let round = 0; round < 200; round++) {
      const sent = Uint8Array.from({ length: 64 }, () => random() & 0xff)
      const sender = {
        ...frame(1 + random(), '8N1'),
        dataBits: DATA_BITS[random() % 4]!,
        parity: PARITIES[random() % 5]!
      }
      const receiver = {
        ...frame(1 + random(), '8N1'),
        dataBits: DATA_BITS[random() % 4]!,
        parity: PARITIES[random() % 5]!
      }
      const arrived = transfer(sent, sender, receiver)
      expect(arrived.bytes.length).toBeLessThanOrEqual(5 * sent.length)
      const { parity, framing, break: breaks } = arrived.errors
      expect(parity + framing + breaks).toBeLessThanOrEqual(arrived.bytes.length)
    }
  })
})

describe('a damaged character', () => {
  it.each(['00', '01', '41', '7f', '80', 'ff'])('%s arrives with its error, and is the only one', (byte) => {
    for (const line of ['8E1', '8O1', '7E2', '8M1', '8S1', '5E1.5']) {
      const same = frame(9600, line)
      const [sent = 0] = bytes(byte)
      const masked = sent & (2 ** same.dataBits - 1)
      const wrongParity = decode(encodeDamaged(sent, same, 'parity'), same)
      expect([...wrongParity.bytes]).toEqual([masked])
      expect(wrongParity.errors).toEqual(errors({ parity: 1 }))
      const noStop = decode(encodeDamaged(sent, same, 'framing'), same)
      expect([...noStop.bytes]).toEqual([masked])
      expect(noStop.errors.framing + noStop.errors.break).toBe(1)
    }
  })

  it('has no parity to lose where there is none', () => {
    const arrived = decode(encodeDamaged(0x41, frame(9600, '8N1'), 'parity'), frame(9600, '8N1'))
    expect(arrived).toEqual({ bytes: bytes('41'), errors: errors({}) })
  })
})

describe('a break', () => {
  it('is a zero and one break, however long', () => {
    for (const seconds of [0.0011, 0.25, 60]) {
      const arrived = decode(encodeBreak(seconds), frame(9600, '8N1'))
      expect(hex(arrived.bytes)).toBe('00')
      expect(arrived.errors).toEqual(errors({ break: 1 }))
    }
  })

  it('is a character when it is shorter than one: 0.2 ms at 9600 is the start bit and a zero', () => {
    const arrived = decode(encodeBreak(0.0002), frame(9600, '8N1'))
    expect(hex(arrived.bytes)).toBe('fe')
    expect(arrived.errors).toEqual(errors({}))
  })
})
