import { describe, expect, it, vi } from 'vitest'
import { HIGH_WATER } from '../../../src-main/base/duplex.ts'
import { once } from '../../../src-main/base/event.ts'
import { DONE, SHUTDOWN, type CloseReason } from '../../../src-main/contract/close.ts'
import { Fault } from '../../../src-main/contract/faults.ts'
import { DEFAULT_SETTINGS, type LineState, type LineWish } from '../../../src-main/contract/line.ts'
import type { SimulatedPort } from '../../../src-main/ports/simulated/port.ts'
import { SimulatedSource } from '../../../src-main/ports/simulated/source.ts'
import { FakeClock, settle } from '../../fake-clock.ts'

const never = new AbortController().signal

interface Plugged {
  readonly port: SimulatedPort
  readonly clock: FakeClock
  /** What came back, as hex. */
  readonly got: () => string
  readonly errors: LineState[]
  readonly ends: CloseReason[]
}

async function plug(label = 'sim:echo', wish: LineWish = {}): Promise<Plugged> {
  const clock = new FakeClock()
  const source = new SimulatedSource(label, { clock, wallMs: () => 0 })
  const port = await source.open(wish, never)
  const chunks: Uint8Array[] = []
  const errors: LineState[] = []
  const ends: CloseReason[] = []
  port.onData((chunk) => chunks.push(chunk))
  port.onLineState((state) => errors.push(state))
  port.onClose((reason) => ends.push(reason))
  port.resume()
  return { port, clock, got: () => Buffer.concat(chunks).toString('hex'), errors, ends }
}

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

describe('sim:echo', () => {
  it('sends every byte back, without the clock moving and not inside write', async () => {
    const { port, got, errors } = await plug()
    expect(port.settings).toEqual(DEFAULT_SETTINGS)
    const all = Uint8Array.from({ length: 256 }, (_, value) => value)
    expect(port.write(all)).toBe(true)
    expect(got()).toBe('')
    await settle()
    expect(got()).toBe(Buffer.from(all).toString('hex'))
    expect(port.queued).toBe(0)
    expect(errors).toEqual([])
    port.abort(DONE)
  })

  it('starts at the settings of its device, or at those wished for', async () => {
    const jumpered = await plug('sim:echo?baud=9600&line=7E1')
    expect(jumpered.port.settings).toMatchObject({ baudRate: 9600, dataBits: 7, parity: 'even' })
    jumpered.port.write(hex('61'))
    await settle()
    expect(jumpered.got()).toBe('61')
    jumpered.port.abort(DONE)

    const other = await plug('sim:echo?baud=9600&line=7E1', { baudRate: 1200, dataBits: undefined })
    expect(other.port.settings).toMatchObject({ baudRate: 1200, dataBits: 7 })
    other.port.abort(DONE)
  })

  it('gives garbage both ways until the settings agree', async () => {
    const { port, got, errors } = await plug('sim:echo?baud=9600')
    expect(await port.apply({ baudRate: 4800 }, never)).toEqual({ ...DEFAULT_SETTINGS, baudRate: 4800 })
    port.write(hex('55'))
    await settle()
    // At the device 0x55 is 66 e6 (twice the rate); sent back at 9600, 66 e6 is read at half the rate.
    expect(got()).not.toBe('55')
    expect(got()).not.toBe('')
    expect(errors).toEqual([])
    await port.apply({ baudRate: 9600 }, never)
    port.write(hex('55'))
    await settle()
    expect(got()).toMatch(/55$/)
    port.abort(DONE)
  })

  it('sends what was written before a change with the settings of then', async () => {
    const { port, got } = await plug()
    port.write(hex('55'))
    await port.apply({ parity: 'even' }, never)
    await port.apply({ parity: 'none' }, never)
    await settle()
    expect(got()).toBe('55')
    port.abort(DONE)
  })

  it('counts parity errors', async () => {
    const { port, got, errors } = await plug('sim:echo?line=7E1', { parity: 'odd' })
    port.write(hex('1234'))
    await settle()
    expect(got()).toBe('1234')
    expect(errors).toEqual([{ overrun: 0, parity: 2, framing: 0, break: 0 }])
    port.abort(DONE)
  })

  it('joins RTS to CTS and DTR to DSR and DCD', async () => {
    const { port } = await plug()
    expect(port.modemState).toEqual({ cts: true, dsr: true, dcd: true, ri: false })
    const next = once(port.onModemState)
    expect(await port.control({ rts: false })).toEqual({ dtr: true, rts: false, break: false })
    expect(await next).toEqual({ cts: false, dsr: true, dcd: true, ri: false })
    await port.control({ dtr: false, rts: true })
    expect(port.modemState).toEqual({ cts: true, dsr: false, dcd: false, ri: false })
    let changes = 0
    port.onModemState(() => changes++)
    await port.control({})
    await port.control({ dtr: false })
    expect(changes).toBe(0)
    port.abort(DONE)
  })

  it('sends a break back, and nothing else while it lasts', async () => {
    const { port, clock, got, errors } = await plug()
    const over = port.sendBreak(250)
    await settle()
    expect(port.lines.break).toBe(true)
    port.write(hex('41'))
    await clock.advance(249)
    await settle()
    expect(got()).toBe('')
    await clock.advance(1)
    await over
    await settle()
    expect(port.lines.break).toBe(false)
    expect(errors).toEqual([{ overrun: 0, parity: 0, framing: 0, break: 1 }])
    // A raw terminal reads a break as 0.
    expect(got()).toBe('0041')
    await port.control({ break: true })
    await clock.advance(100)
    await port.control({ break: false })
    await settle()
    expect(errors).toHaveLength(2)
    port.abort(DONE)
  })

  it('waits for CTS with flow control by RTS and CTS', async () => {
    const { port, got } = await plug('sim:echo', { flowControl: 'rtscts' })
    await port.control({ rts: false })
    port.write(hex('4142'))
    await settle()
    expect(got()).toBe('')
    expect(port.queued).toBe(2)
    await port.control({ rts: true })
    await settle()
    expect(got()).toBe('4142')
    port.abort(DONE)
  })

  it('takes the line’s time both ways when paced', async () => {
    const { port, clock, got } = await plug('sim:echo?baud=1000&paced=1')
    port.write(hex('010203'))
    // 10 ms per character; a character is back when it was sent twice.
    await clock.advance(19)
    await settle()
    expect(got()).toBe('')
    await clock.advance(1)
    await settle()
    expect(got()).toBe('01')
    await clock.advance(10)
    await settle()
    expect(got()).toBe('0102')
    expect(port.queued).toBe(0)
    await clock.advance(10)
    await settle()
    expect(got()).toBe('010203')
    port.abort(DONE)
    expect(clock.pending).toBe(0)
  })

  it('keeps the pace after it was held', async () => {
    const { port, clock, got } = await plug('sim:echo?baud=1000&paced=1', { flowControl: 'rtscts' })
    await port.control({ rts: false })
    port.write(hex('0102'))
    await clock.advance(5000)
    await port.control({ rts: true })
    await clock.advance(20)
    await settle()
    expect(got()).toBe('01')
    port.abort(DONE)
  })

  it('holds a writer back while its reader pauses, and loses nothing', async () => {
    const { port, got } = await plug()
    port.pause()
    const chunk = new Uint8Array(16 * 1024).map((_, index) => index)
    let written = 0
    while (port.write(chunk)) {
      written++
      await settle()
    }
    // What is on its way to the reader is bounded, the rest is the writer's.
    expect(port.queued).toBeGreaterThan(HIGH_WATER)
    expect((written + 1) * chunk.length - port.queued).toBeLessThanOrEqual(80 * 1024)
    expect(got()).toBe('')
    const drained = once(port.onDrain)
    port.resume()
    await drained
    await vi.waitFor(() => expect(got().length).toBe(2 * (written + 1) * chunk.length))
    port.abort(DONE)
    const all = Buffer.concat(Array.from({ length: written + 1 }, () => chunk))
    expect(got() === all.toString('hex')).toBe(true)
  })

  it('purges each direction', async () => {
    const { port, got } = await plug()
    port.pause()
    port.write(hex('aa'))
    await settle()
    port.write(hex('bb'))
    port.purge('transmit')
    expect(port.queued).toBe(0)
    port.resume()
    await settle()
    expect(got()).toBe('aa')
    port.pause()
    port.write(hex('cc'))
    await settle()
    port.purge('receive')
    port.resume()
    port.write(hex('dd'))
    await settle()
    expect(got()).toBe('aadd')
    port.abort(DONE)
  })

  it('drains before it closes, and answers calls afterwards', async () => {
    const { port, got, ends, clock } = await plug()
    port.write(hex('99'))
    expect(await port.close(SHUTDOWN, 1000)).toBe(0)
    expect(got()).toBe('99')
    expect(ends).toEqual([SHUTDOWN])
    expect(port.write(hex('88'))).toBe(true)
    expect(port.queued).toBe(0)
    port.abort(DONE)
    expect(await port.close(DONE, 0)).toBe(0)
    expect(ends).toEqual([SHUTDOWN])
    await expect(port.apply({ baudRate: 9600 }, never)).rejects.toBeInstanceOf(Fault)
    await expect(port.control({ rts: true })).rejects.toBeInstanceOf(Fault)
    await expect(port.sendBreak(1)).rejects.toBeInstanceOf(Fault)
    expect(clock.pending).toBe(0)
  })

  it('gives up draining when the time is over, and counts what was left', async () => {
    const { port, clock, ends } = await plug('sim:echo', { flowControl: 'rtscts' })
    await port.control({ rts: false })
    port.write(hex('010203'))
    const closed = port.close(DONE, 2000)
    expect(port.close(SHUTDOWN, 1)).toBe(closed)
    await clock.advance(1999)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(await closed).toBe(3)
    expect(ends).toEqual([DONE])
  })

  it('drains into the device although nobody reads the answers', async () => {
    const { port, clock } = await plug()
    port.pause()
    for (let count = 0; count < 20; count++) {
      port.write(new Uint8Array(4096))
      await settle()
    }
    expect(port.queued).toBeGreaterThan(0)
    const closed = port.close(DONE, 1000)
    await settle()
    expect(await closed).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('closes although it is resumed or purged meanwhile', async () => {
    for (const call of ['resume', 'purge'] as const) {
      const { port, ends } = await plug()
      const closed = port.close(DONE, 1000)
      if (call === 'resume') port.resume()
      else port.purge('both')
      await settle()
      expect(ends).toEqual([DONE])
      expect(await closed).toBe(0)
    }
  })

  it('ends a break when it is aborted', async () => {
    const { port, clock } = await plug()
    const over = port.sendBreak(1000)
    port.abort(DONE)
    await expect(over).rejects.toBeInstanceOf(Fault)
    expect(clock.pending).toBe(0)
  })

  it('leaves the event loop its turns when two of them are joined', async () => {
    const [a, b] = [await plug(), await plug()]
    let bytes = 0
    a.port.onData((chunk) => {
      bytes += chunk.length
      b.port.write(chunk)
    })
    b.port.onData((chunk) => a.port.write(chunk))
    a.port.write(hex('01'))
    for (let turn = 0; turn < 10; turn++) await settle()
    expect(bytes).toBeGreaterThan(2)
    a.port.abort(DONE)
    b.port.abort(DONE)
  })
})
