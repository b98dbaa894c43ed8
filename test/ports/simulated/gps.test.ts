import { describe, expect, it } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import type { LineWish } from '../../../src-main/contract/line.ts'
import { FIX_CHARACTERS, fixAt } from '../../../src-main/ports/simulated/gps.ts'
import { checksum } from '../../../src-main/ports/simulated/nmea.ts'
import type { SimulatedPort } from '../../../src-main/ports/simulated/port.ts'
import { SimulatedSource, parseSimulated } from '../../../src-main/ports/simulated/source.ts'
import { FakeClock, settle } from '../../fake-clock.ts'

/** 300 ms after a full second. */
const START_MS = Date.UTC(2026, 4, 17, 10, 45, 2, 300)

interface Plugged {
  readonly port: SimulatedPort
  readonly clock: FakeClock
  readonly text: () => string
  readonly jumpWall: (ms: number) => void
}

async function plug(label: string, wish: LineWish = {}): Promise<Plugged> {
  const clock = new FakeClock()
  let wallOffset = START_MS - clock.nowMs()
  const time = { clock, wallMs: () => wallOffset + clock.nowMs() }
  const port = await new SimulatedSource(label, time).open(wish, new AbortController().signal)
  let text = ''
  port.onData((chunk) => (text += Buffer.from(chunk).toString('latin1')))
  port.resume()
  return {
    port,
    clock,
    text: () => text,
    jumpWall: (ms) => {
      wallOffset += ms
    }
  }
}

/** The times of the RMC sentences. */
const times = (text: string): string[] => [...text.matchAll(/\$GPRMC,([\d.]+),/g)].map((match) => match[1]!)

describe('sim:gps', () => {
  it('starts at 4800 8N1 and sends a fix on each full second, every sentence with its checksum', async () => {
    const { port, clock, text } = await plug('sim:gps')
    expect(port.settings).toMatchObject({ baudRate: 4800, dataBits: 8, parity: 'none', stopBits: 1 })
    await clock.advance(699)
    await settle()
    expect(text()).toBe('')
    await clock.advance(2001)
    await settle()
    expect(times(text())).toEqual(['104503.00', '104504.00', '104505.00'])
    const lines = text().split('\r\n').slice(0, -1)
    expect(lines.map((line) => line.slice(0, 6))).toEqual(
      Array.from({ length: 3 }, () => ['$GPGGA', '$GPRMC', '$GPGSA', '$GPGSV', '$GPGSV']).flat()
    )
    for (const line of lines) {
      const [, body, sum] = /^\$([^*]+)\*([0-9A-F]{2})$/.exec(line)!
      expect(sum).toBe(checksum(body!))
      // NMEA 0183: at most 82 characters with the ends.
      expect(line.length + 2).toBeLessThanOrEqual(82)
    }
    port.abort(DONE)
    expect(clock.pending).toBe(0)
  })

  it('moves as its speed and course say, through both halves of the world', () => {
    const halves = new Set<boolean>()
    for (let ms = 0; ms < 600_000; ms += 10_000) {
      const [a, b] = [fixAt(START_MS + ms), fixAt(START_MS + ms + 1000)]
      const north = (b.latitude - a.latitude) * 111_320
      const east = (b.longitude - a.longitude) * 111_320 * Math.cos((a.latitude * Math.PI) / 180)
      expect(Math.hypot(north, east)).toBeCloseTo(a.speedKnots / 1.943_844, 1)
      const course = ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360
      const turned = Math.abs(course - a.course)
      expect(Math.min(turned, 360 - turned)).toBeLessThan(1)
      halves.add(a.longitude < 0)
    }
    expect(halves.size).toBe(2)
  })

  it('stays within the characters that a line is checked for', async () => {
    const { port, clock, text } = await plug('sim:gps')
    await clock.advance(60_000)
    await settle()
    expect(times(text())).toHaveLength(60)
    expect(text().length / 60).toBeLessThanOrEqual(FIX_CHARACTERS)
    port.abort(DONE)
  })

  it('follows a jump of the wall clock without a burst', async () => {
    const { port, clock, text, jumpWall } = await plug('sim:gps')
    await clock.advance(700)
    jumpWall(-3_600_000)
    await clock.advance(3000)
    await settle()
    expect(times(text())).toEqual(['104503.00', '094504.00', '094505.00', '094506.00'])
    port.abort(DONE)
  })

  it('names the full second also when its timer fires a moment early', async () => {
    const { port, clock, text, jumpWall } = await plug('sim:gps')
    await clock.advance(650)
    jumpWall(-2)
    await clock.advance(50)
    await clock.advance(1002)
    await settle()
    expect(times(text())).toEqual(['104503.00', '104504.00'])
    port.abort(DONE)
  })

  it('sends more often when asked, at a rate that carries it', async () => {
    const { port, clock, text } = await plug('sim:gps?rate=5&baud=38400')
    await clock.advance(1000)
    await settle()
    expect(times(text())).toEqual(['104502.40', '104502.60', '104502.80', '104503.00', '104503.20'])
    port.abort(DONE)
    expect(() => parseSimulated('sim:gps?rate=2')).toThrow(/4800 bit\/s cannot carry 2 fixes/)
  })

  it('is garbage with errors at another baud rate', async () => {
    const { port, clock, text } = await plug('sim:gps', { baudRate: 9600 })
    let framing = 0
    port.onLineState((state) => (framing += state.framing))
    await clock.advance(1000)
    await settle()
    expect(text().length).toBeGreaterThan(100)
    expect(text()).not.toContain('$GP')
    expect(framing).toBeGreaterThan(10)
    port.abort(DONE)
  })

  it('takes the line’s time when paced: a fix needs most of its second', async () => {
    const { port, clock, text } = await plug('sim:gps?paced=1')
    await clock.advance(700)
    await clock.advance(100)
    await settle()
    // 480 characters per second.
    expect(text()).toHaveLength(48)
    await clock.advance(800)
    await settle()
    expect(text()).toMatch(/^\$GPGGA[^$]+\$GPRMC[^$]+\$GPGSA[^$]+\$GPGSV[^$]+\$GPGSV[^$]+\r\n$/)
    port.abort(DONE)
  })

  it('overruns a reader that stays paused, and says so', async () => {
    const { port, clock, text } = await plug('sim:gps')
    let overrun = 0
    port.onLineState((state) => (overrun += state.overrun))
    port.pause()
    await clock.advance(400_000)
    port.resume()
    await settle()
    await settle()
    const received = text().length
    expect(received).toBeLessThan(70_000)
    expect(overrun).toBeGreaterThan(400 * 300 - received)
    port.abort(DONE)
  })
})
