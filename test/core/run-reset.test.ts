import { describe, expect, it } from 'vitest'
import type { ControlLines, ControlWish } from '../../src-main/contract/line.ts'
import { NO_CAPABILITIES } from '../../src-main/contract/line.ts'
import {
  RESET_NAMES,
  STAYING_RESET_NAMES,
  parseResetSteps,
  profileOf,
  type ResetName
} from '../../src-main/contract/reset.ts'
import { withHeldLines, withReset } from '../../src-main/core/line-policies.ts'
import { restOf, runReset } from '../../src-main/core/run-reset.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { bytes, text } from '../bridge/setup.ts'

const signal = new AbortController().signal

/** Every change with the time at which it came, in ms. */
class LoggingPort extends MemoryPort {
  readonly log: string[] = []
  readonly #clock: FakeClock
  readonly #startMs: number

  constructor(clock: FakeClock) {
    super({ clock, settings: { baudRate: 9600 } })
    this.#clock = clock
    this.#startMs = clock.nowMs()
  }

  override control(wish: ControlWish): Promise<ControlLines> {
    for (const [name, level] of Object.entries(wish)) this.#note(`${name} ${level ? 'on' : 'off'}`)
    return super.control(wish)
  }

  override apply(...[wish, aborted]: Parameters<MemoryPort['apply']>): ReturnType<MemoryPort['apply']> {
    this.#note(`${wish.baudRate ?? '?'}`)
    return super.apply(wish, aborted)
  }

  #note(what: string): void {
    this.log.push(`${this.#clock.nowMs() - this.#startMs} ${what}`)
  }
}

async function logOf(name: ResetName): Promise<string> {
  const clock = new FakeClock()
  const port = new LoggingPort(clock)
  const done = runReset(port, 'board', profileOf(name), clock, signal)
  await clock.advance(1000)
  await done
  expect(clock.pending).toBe(0)
  return port.log.join(', ')
}

describe('reset profiles', () => {
  it.each<[ResetName, string]>([
    ['dtr', '0 dtr off, 100 dtr on'],
    ['rts', '0 rts off, 100 rts on'],
    ['arduino', '0 dtr off, 0 rts off, 250 dtr on, 250 rts on'],
    ['esp32', '0 dtr off, 0 rts on, 100 rts off'],
    ['esp32-boot', '0 dtr off, 0 rts on, 100 dtr on, 100 rts off, 150 dtr off'],
    ['esp32-usb-boot', '0 rts off, 0 dtr off, 100 dtr on, 200 rts on, 200 dtr off, 300 rts off'],
    ['esp8266', '0 dtr off, 0 rts on, 100 rts off'],
    ['esp8266-boot', '0 dtr off, 0 rts on, 100 dtr on, 100 rts off, 150 dtr off'],
    ['stm32', '0 rts on, 0 dtr on, 100 dtr off'],
    ['stm32-boot', '0 rts off, 0 dtr on, 100 dtr off, 200 rts on'],
    ['stm32-swapped', '0 dtr on, 0 rts on, 100 rts off'],
    ['stm32-swapped-boot', '0 dtr off, 0 rts on, 100 rts off, 200 dtr on'],
    // No rate comes back, as any change calls the board back.
    ['1200-touch', '0 1200, 0 rts on, 0 dtr off'],
    ['break', '0 break on, 250 break off']
  ])('%s', async (name, expected) => {
    expect(await logOf(name)).toBe(expected)
  })

  it('are all covered above, and only the touch makes a board leave', () => {
    expect(RESET_NAMES).toHaveLength(14)
    expect(RESET_NAMES.filter((name) => !STAYING_RESET_NAMES.includes(name))).toEqual(['1200-touch'])
  })

  it('never end with a break or in reset: on an ESP both lines are alike, on an STM32 NRST is let go', () => {
    for (const name of RESET_NAMES) expect(restOf(profileOf(name).steps).break).not.toBe(true)
    expect(restOf(profileOf('esp32-boot').steps)).toEqual({ dtr: false, rts: false })
    expect(restOf(profileOf('stm32').steps)).toEqual({ dtr: false, rts: true })
  })
})

describe('a reset sequence', () => {
  it('brings the baud rate back', async () => {
    const clock = new FakeClock()
    const port = new LoggingPort(clock)
    const steps = parseResetSteps('baud=300, dtr=off ,wait=10,dtr=on')
    const done = runReset(port, 'board', { steps }, clock, signal)
    await clock.advance(10)
    await done
    expect(port.log.join(', ')).toBe('0 300, 0 dtr off, 10 dtr on, 10 9600')
  })

  it('that is cut short puts the lines to rest', async () => {
    const clock = new FakeClock()
    const port = new LoggingPort(clock)
    const stop = new AbortController()
    const done = runReset(port, 'board', profileOf('esp32-boot'), clock, stop.signal)
    const end = expect(done).rejects.toThrow('enough')
    await clock.advance(50)
    stop.abort(new Error('enough'))
    await settle()
    await end
    expect(port.lines).toEqual({ dtr: false, rts: false, break: false })
  })

  it('needs the lines that it uses, and touches nothing without', async () => {
    const port = new MemoryPort({ capabilities: { ...NO_CAPABILITIES, control: new Set(['break']) } })
    const clock = new FakeClock()
    await expect(runReset(port, 'raw://far', profileOf('arduino'), clock, signal)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/^raw:\/\/far carries no DTR and RTS, .* rfc2217/) as string
    })
    expect(port.controls).toEqual([])
  })

  it.each(['', 'dtr', 'dtr=high', 'wait=-1', 'wait=60001', 'baud=0', 'dtr=on;rts=on', 'cts=on', 'dtr=on,'])(
    'is not read from "%s"',
    (given) => {
      expect(() => parseResetSteps(given)).toThrow(/is no step\. Give dtr=on\|off/)
    }
  )
})

describe('reset on open', () => {
  it('runs before anybody has the port', async () => {
    const clock = new FakeClock()
    const source = new MemoryPortSource('board', () => new LoggingPort(clock))
    let port: unknown
    void withReset(source, profileOf('arduino'), clock)
      .open({}, signal)
      .then((opened) => (port = opened))
    await clock.advance(299)
    expect(port).toBeUndefined()
    await clock.advance(1)
    expect(port).toBe(source.port)
    expect(source.port.lines).toMatchObject({ dtr: true, rts: true })
  })

  it('closes a port that is not wanted any more, its lines at rest', async () => {
    const clock = new FakeClock()
    const source = new MemoryPortSource('board', () => new LoggingPort(clock))
    const stop = new AbortController()
    const opened = withReset(source, profileOf('arduino'), clock).open({}, stop.signal)
    const end = expect(opened).rejects.toThrow('enough')
    await clock.advance(100)
    stop.abort(new Error('enough'))
    await settle()
    await end
    expect(source.port.ended).toBe(true)
    expect(source.port.lines).toMatchObject({ dtr: true, rts: true })
    expect(clock.pending).toBe(0)
  })
})

describe('lines that are never driven', () => {
  it('answer what was wished and stay as they are; breaks and bytes pass', async () => {
    const source = new MemoryPortSource()
    const port = await withHeldLines(source, ['dtr', 'rts']).open({ baudRate: 300 }, signal)
    expect(await port.control({ dtr: false })).toEqual({ dtr: false, rts: true, break: false })
    expect(await port.control({ rts: false, break: true })).toEqual({ dtr: false, rts: false, break: true })
    expect(port.lines).toEqual({ dtr: false, rts: false, break: true })
    expect(source.port.controls).toEqual([{ break: true }])
    expect([...port.capabilities.control]).toEqual(['break'])
    expect(port.settings.baudRate).toBe(300)
    const got: string[] = []
    port.onData((chunk) => got.push(text(chunk)))
    port.resume()
    source.port.send(bytes('hello'))
    port.write(bytes('you'))
    expect([got.join(''), text(source.port.received)]).toEqual(['hello', 'you'])
  })

  it('are the break too, of both kinds, where that is asked for', async () => {
    const source = new MemoryPortSource()
    const port = await withHeldLines(source, ['break']).open({}, signal)
    expect(await port.control({ break: true, dtr: false })).toEqual({ dtr: false, rts: true, break: true })
    await port.sendBreak(250)
    expect(source.port.controls).toEqual([{ dtr: false }])
    expect(source.port.breaks).toEqual([])
  })

  it('may be reset once, at opening', async () => {
    const clock = new FakeClock()
    const board = new LoggingPort(clock)
    const source = new MemoryPortSource('board', () => board)
    const opening = withHeldLines(withReset(source, profileOf('dtr'), clock), ['dtr', 'rts']).open({}, signal)
    await clock.advance(100)
    const port = await opening
    await port.control({ dtr: false })
    expect(board.log).toEqual(['0 dtr off', '100 dtr on'])
  })
})
