import { describe, expect, it } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import type { LineState, LineWish } from '../../../src-main/contract/line.ts'
import { noiseBytes, noiseDamage } from '../../../src-main/ports/simulated/noise-stream.ts'
import type { SimulatedPort } from '../../../src-main/ports/simulated/port.ts'
import { SimulatedSource } from '../../../src-main/ports/simulated/source.ts'
import { FakeClock, settle } from '../../fake-clock.ts'
import { toHex } from '../../hex.ts'

interface Plugged {
  readonly port: SimulatedPort
  readonly clock: FakeClock
  readonly got: () => Buffer
  readonly errors: LineState[]
}

async function plug(label: string, wish: LineWish = {}): Promise<Plugged> {
  const clock = new FakeClock()
  const source = new SimulatedSource(label, { clock, wallMs: () => 0 })
  const port = await source.open(wish, new AbortController().signal)
  const chunks: Uint8Array[] = []
  const errors: LineState[] = []
  port.onData((chunk) => chunks.push(chunk))
  port.onLineState((state) => errors.push(state))
  port.resume()
  return { port, clock, got: () => Buffer.concat(chunks), errors }
}

describe('the bytes of sim:noise', () => {
  it('are the same for ever', () => {
    expect(toHex(noiseBytes(1, 0, 12))).toBe('B7 28 4E 51 6B F9 A0 96 90 83 BC 12')
    expect(toHex(noiseBytes(2, 0, 4))).not.toBe('B7 28 4E 51')
  })

  it('are known from any position on', () => {
    const whole = noiseBytes(7, 0, 1000)
    for (const [start, length] of [
      [0, 0],
      [1, 1],
      [3, 2],
      [5, 990],
      [998, 2]
    ] as const)
      expect(toHex(noiseBytes(7, start, length))).toBe(toHex(whole.subarray(start, start + length)))
    expect(noiseBytes(7, 2 ** 34 + 3, 8)).toEqual(noiseBytes(7, 3, 8))
  })

  it('are spread evenly', () => {
    const counts = new Uint32Array(256)
    for (const byte of noiseBytes(1, 0, 256 * 1024)) counts[byte] = (counts[byte] ?? 0) + 1
    // 1024 of each on average, with a standard deviation of 32.
    expect(Math.min(...counts)).toBeGreaterThan(1024 - 6 * 32)
    expect(Math.max(...counts)).toBeLessThan(1024 + 6 * 32)
  })
})

describe('sim:noise', () => {
  it('sends at its rate, from the start of its stream at each opening', async () => {
    for (const seed of [1, 99]) {
      const { port, clock, got, errors } = await plug(`sim:noise:300?seed=${seed}`)
      await clock.advance(2000)
      await settle()
      expect(got()).toEqual(Buffer.from(noiseBytes(seed, 0, 600)))
      expect(errors).toEqual([])
      port.abort(DONE)
      expect(clock.pending).toBe(0)
    }
  })

  it.each([
    ['1000 without a rate', 'sim:noise', 1000],
    ['slow', 'sim:noise:3', 3],
    ['all that 8N1 carries', 'sim:noise:max', 11_520],
    ['all that 7E2 carries', 'sim:noise:max?baud=1100&line=7E2', 100],
    ['megabytes', 'sim:noise:max?baud=30000000', 3_000_000],
    ['on a line with pace', 'sim:noise:max?baud=9600&paced=1', 960]
  ])('%s: %s', async (_, label, perSecond) => {
    const { port, clock, got } = await plug(label)
    await clock.advance(1000)
    await settle()
    const bytes = got()
    expect(bytes.length).toBeGreaterThan(perSecond * 0.98 - 1)
    expect(bytes.length).toBeLessThanOrEqual(perSecond)
    const bits = label.includes('7E2') ? 0x7f : 0xff
    expect(bytes.equals(noiseBytes(1, 0, bytes.length).map((byte) => byte & bits))).toBe(true)
    port.abort(DONE)
  })

  it('takes all that it is sent, and says nothing more for it', async () => {
    const { port, clock, got } = await plug('sim:noise:100')
    port.write(new Uint8Array(1000))
    await port.control({ rts: false })
    await clock.advance(1000)
    await settle()
    expect(port.queued).toBe(0)
    expect(got().length).toBe(100)
    port.abort(DONE)
  })

  it('waits while the computer takes nothing, and loses nothing', async () => {
    const { port, clock, got, errors } = await plug('sim:noise:max?baud=1000000')
    port.pause()
    await clock.advance(10_000)
    port.resume()
    await settle()
    const held = got().length
    expect(held).toBeLessThanOrEqual(64 * 1024)
    await clock.advance(1000)
    await settle()
    // What it did not send meanwhile, it does not make up for.
    expect(got().length).toBeLessThanOrEqual(held + 101_000)
    expect(got().length).toBeGreaterThan(held + 98_000)
    expect(got().equals(noiseBytes(1, 0, got().length))).toBe(true)
    expect(errors).toEqual([])
    port.abort(DONE)
  })

  it('damages characters at known places', async () => {
    const { port, clock, got, errors } = await plug('sim:noise:1000?errors=10&line=8E1')
    await clock.advance(3000)
    await settle()
    const wanted = noiseBytes(1, 0, 3000)
    for (let at = 0; at < wanted.length; at++) if (noiseDamage(at, 100, 'even') === 'break') wanted[at] = 0
    expect(got()).toEqual(Buffer.from(wanted))
    const sum = (kind: keyof LineState): number => errors.reduce((total, each) => total + each[kind], 0)
    expect([sum('parity'), sum('framing'), sum('break'), sum('overrun')]).toEqual([10, 10, 10, 0])
    expect([99, 199, 299, 399].map((at) => noiseDamage(at, 100, 'even'))).toEqual([
      'parity',
      'framing',
      'break',
      'parity'
    ])
    port.abort(DONE)
  })

  it('has no parity errors where there is no parity', async () => {
    const { port, clock, errors } = await plug('sim:noise:1000?errors=2')
    await clock.advance(4000)
    await settle()
    expect(errors.map(({ parity }) => parity)).toEqual(errors.map(() => 0))
    expect(errors.length).toBe(8)
    port.abort(DONE)
  })
})
