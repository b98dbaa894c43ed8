import { describe, expect, it } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import type { LineWish } from '../../../src-main/contract/line.ts'
import type { SimulatedPort } from '../../../src-main/ports/simulated/port.ts'
import { SimulatedSource } from '../../../src-main/ports/simulated/source.ts'
import { encodeAscii } from '../../../src-main/protocol/modbus-ascii.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { FakeClock, settle } from '../../fake-clock.ts'
import { hex, toHex } from '../../hex.ts'

interface Plugged {
  readonly port: SimulatedPort
  readonly clock: FakeClock
  /** What came since the last look. */
  readonly got: () => string
}

async function plug(
  source: SimulatedSource | string,
  wish: LineWish = {},
  clock = new FakeClock()
): Promise<Plugged> {
  const from = typeof source === 'string' ? simulated(source, clock) : source
  const port = await from.open(wish, new AbortController().signal)
  let chunks: Uint8Array[] = []
  port.onData((chunk) => chunks.push(chunk))
  port.resume()
  const got = (): string => {
    const all = toHex(Buffer.concat(chunks))
    chunks = []
    return all
  }
  return { port, clock, got }
}

function simulated(label: string, clock: FakeClock): SimulatedSource {
  return new SimulatedSource(label, { clock, wallMs: () => 0 })
}

const REQUEST = encodeRtu(1, hex('03 00 00 00 01'))
const ANSWER = toHex(encodeRtu(1, hex('03 02 00 D7')))

/** At 19200 8E1 a character takes 11/19200 s, and the silence 3.5 of them. */
const CHARACTER_MS = 11_000 / 19_200
const SILENCE_MS = 3.5 * CHARACTER_MS

describe('sim:modbus', () => {
  it('starts at 19200 8E1 and answers when the line fell silent', async () => {
    const { port, clock, got } = await plug('sim:modbus')
    expect(port.settings).toMatchObject({ baudRate: 19_200, dataBits: 8, parity: 'even', stopBits: 1 })
    port.write(REQUEST)
    await clock.advance(SILENCE_MS - 0.1)
    await settle()
    expect(got()).toBe('')
    await clock.advance(0.2)
    await settle()
    expect(got()).toBe(ANSWER)
    port.abort(DONE)
    expect(clock.pending).toBe(0)
  })

  it('counts the silence on the wire: a frame that is still arriving is not over', async () => {
    const { port, clock, got } = await plug('sim:modbus?paced=1')
    port.write(REQUEST)
    await clock.advance(REQUEST.length * CHARACTER_MS + SILENCE_MS - 0.1)
    await settle()
    expect(got()).toBe('')
    // Timers of a line fire a millisecond apart at the most.
    await clock.advance(1.2 + 8 * CHARACTER_MS)
    await settle()
    expect(got()).toBe(ANSWER)
    port.abort(DONE)
  })

  it.each([
    ['a pause within a frame that is short enough is borne', SILENCE_MS - 0.1, ANSWER],
    ['a longer one makes two frames of it, both of them broken', SILENCE_MS + 0.1, '']
  ])('%s', async (_, pauseMs, answer) => {
    for (const label of ['sim:modbus', 'sim:modbus?paced=1']) {
      const { port, clock, got } = await plug(label)
      port.write(REQUEST.subarray(0, 3))
      await clock.advance(pauseMs + (label === 'sim:modbus' ? 0 : 3 * CHARACTER_MS))
      port.write(REQUEST.subarray(3))
      await clock.advance(50)
      await settle()
      expect(got()).toBe(answer)
      port.abort(DONE)
    }
  })

  it('tells two requests apart although its own timer is late', async () => {
    const clock = new LateClock()
    const { port, got } = await plug('sim:modbus', {}, clock)
    port.write(REQUEST)
    await settle()
    await settle()
    clock.jump(10)
    port.write(REQUEST)
    await clock.advance(10)
    await settle()
    expect(got()).toBe(`${ANSWER} ${ANSWER}`)
    port.abort(DONE)
  })

  it.each([
    ['another unit', encodeRtu(2, hex('03 00 00 00 01')), {}],
    ['a wrong CRC', Uint8Array.of(...REQUEST.subarray(0, -1), 0), {}],
    ['another parity', REQUEST, { parity: 'odd' }],
    ['no parity', REQUEST, { parity: 'none' }],
    ['another baud rate', REQUEST, { baudRate: 9600 }]
  ] as const)('says nothing to %s', async (_, request, wish) => {
    const { port, clock, got } = await plug('sim:modbus', wish)
    port.write(request)
    await clock.advance(100)
    await settle()
    expect(got()).toBe('')
    await port.apply({ parity: 'even', baudRate: 19_200 }, new AbortController().signal)
    port.write(REQUEST)
    await clock.advance(100)
    await settle()
    expect(got()).toBe(ANSWER)
    port.abort(DONE)
  })

  it('is another unit when it is told, and keeps its registers while it is unplugged', async () => {
    const clock = new FakeClock()
    const source = simulated('sim:modbus?unit=42&baud=115200', clock)
    const first = await plug(source, {}, clock)
    const write = encodeRtu(42, hex('06 00 05 01 02'))
    first.port.write(write)
    await clock.advance(5)
    await settle()
    expect(first.got()).toBe(toHex(write))
    first.port.abort(DONE)
    const second = await plug(source, {}, clock)
    second.port.write(encodeRtu(42, hex('03 00 05 00 01')))
    await clock.advance(5)
    await settle()
    expect(second.got()).toBe(toHex(encodeRtu(42, hex('03 02 01 02'))))
    second.port.abort(DONE)
  })

  it.each(['0', '248', '-1', 'one', ''])('has no unit %j', (unit) => {
    expect(() => new SimulatedSource(`sim:modbus?unit=${unit}`)).toThrow(/unit is ".*Give 1 to 247/)
  })
})

describe('sim:modbus-ascii', () => {
  const request = encodeAscii(1, hex('03 00 00 00 01'))
  const answer = encodeAscii(1, hex('03 02 00 D7'))

  it('starts at 9600 7E1 and answers when the line ended', async () => {
    const { port, got } = await plug('sim:modbus-ascii')
    expect(port.settings).toMatchObject({ baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 })
    port.write(request.subarray(0, 4))
    await settle()
    port.write(request.subarray(4, -1))
    await settle()
    expect(got()).toBe('')
    port.write(request.subarray(-1))
    await settle()
    await settle()
    expect(got()).toBe(toHex(answer))
    port.abort(DONE)
  })

  it.each(['sim:modbus-ascii', 'sim:modbus-ascii?paced=1'])(
    'says nothing to a frame of another parity, however right its digits are, and goes on: %s',
    async (label) => {
      const { port, got, clock } = await plug(label, { parity: 'odd' })
      const pass = async (bytes: Uint8Array): Promise<void> => {
        port.write(bytes)
        for (let turn = 0; turn < 5; turn++) await clock.advance(20)
      }
      await pass(request)
      expect(got()).toBe('')
      // Noise between two frames spoils neither.
      await pass(Uint8Array.of(0x55))
      await port.apply({ parity: 'even' }, new AbortController().signal)
      await pass(request)
      expect(got()).toBe(toHex(answer))
      port.abort(DONE)
    }
  )

  it('sits on a bus whose master asks: both are heard, and each second answer has a character with a wrong parity', async () => {
    const { port, got, clock } = await plug('sim:modbus-ascii?poll=10&errors=2')
    const errors: number[] = []
    port.onLineState(({ parity }) => errors.push(parity))
    const round = async (ms: number): Promise<string> => {
      await clock.advance(ms)
      await settle()
      return Buffer.from(got().replaceAll(' ', ''), 'hex').toString('latin1')
    }
    expect(await round(101)).toBe(':010300000002FA\r\n')
    expect(await round(20)).toBe(':01030400D7000021\r\n')
    expect(errors).toEqual([])
    expect(await round(80)).toBe(':010400000002F9\r\n')
    expect(await round(20)).toMatch(/^:010404/)
    expect(errors).toEqual([1])
    port.abort(DONE)
    expect(clock.pending).toBe(0)
  })

  it.each(['poll=21', 'poll=x', 'errors=-1', 'unit=0'])('refuses %s', (option) => {
    expect(() => simulated(`sim:modbus-ascii?${option}`, new FakeClock())).toThrow(/Give \d+ to \d+\./)
  })

  it('is garbage to who listens with 8N1: seven bits and parity travel', async () => {
    const { port, got } = await plug('sim:modbus-ascii')
    port.write(request)
    // The device has it, and now its answer is read with other settings.
    port.pause()
    await settle()
    await port.apply({ dataBits: 8, parity: 'none' }, new AbortController().signal)
    port.resume()
    await settle()
    // Colon, zero, one …: bit 7 is the even parity of the seven bits below.
    expect(got()).toBe(toHex(answer.map((byte) => byte | ((ones(byte) % 2) << 7))))
    port.abort(DONE)
  })
})

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length
}

/** Time goes on although no timer was let fire: a busy event loop. */
class LateClock extends FakeClock {
  #late = 0

  override nowMs(): number {
    return super.nowMs() + this.#late
  }

  jump(ms: number): void {
    this.#late += ms
  }
}
