import { describe, expect, it } from 'vitest'
import { MemoryDuplex } from '../../src-main/base/memory-duplex.ts'
import { DONE, SHUTDOWN } from '../../src-main/contract/close.ts'
import {
  DEFAULT_SETTINGS,
  NO_LINE_ERRORS,
  UNKNOWN_MODEM_STATE,
  type ControlWish,
  type LineWish
} from '../../src-main/contract/line.ts'
import type { Session } from '../../src-main/sessions/session.ts'
import { OPENING_MS } from '../../src-main/sessions/usbip-session.ts'
import { UsbipSource } from '../../src-main/sessions/usbip-source.ts'
import { FakeClock } from '../fake-clock.ts'
import { hex, toHex } from '../hex.ts'
import { UsbHost } from '../protocol/usb-host.ts'
import { duplexSuite } from '../suites/duplex.ts'
import { turns } from '../suites/connection.ts'

const TEXTS = { manufacturer: 'farport.example', product: 'GPS at pi', serialNumber: 'abcd1234' }

/** An adapter that is plugged into a system in memory. */
async function plugged(clock = new FakeClock()) {
  const wire = new MemoryDuplex({ clock })
  const host = new UsbHost((bytes) => wire.send(bytes))
  wire.onReceived((bytes) => host.receive(bytes))
  const source = new UsbipSource({
    address: '/dev/farport/gps',
    wire,
    busId: 'gps',
    texts: TEXTS,
    settings: DEFAULT_SETTINGS,
    clock
  })
  const sessions: Session[] = []
  source.onSession((session) => sessions.push(session))
  await host.plug('gps')
  return { source, host, wire, sessions, clock }
}

async function opened() {
  const rig = await plugged()
  rig.host.open()
  await turns()
  const session = rig.sessions[0]!
  const heard: (LineWish | ControlWish | number)[] = []
  session.onApply((request) => {
    heard.push(request.wish)
    request.answer({ ...DEFAULT_SETTINGS, ...request.wish })
  })
  session.onControl((request) => {
    heard.push(request.wish)
    request.answer({ dtr: true, rts: true, break: false, ...request.wish })
  })
  session.onBreak((ms) => heard.push(ms))
  // As the hub does where the far port is open.
  session.notify({ settings: DEFAULT_SETTINGS })
  return { ...rig, session, heard }
}

describe('a session at a USB adapter', () => {
  duplexSuite(async () => {
    const { host, session } = await opened()
    return {
      near: session,
      far: {
        send: (chunk) => void host.write(chunk),
        stall: () => host.stall(),
        flow: () => host.flow(),
        get received() {
          return host.got
        },
        end: () => void host.close()
      },
      // Readers that are in flight take something still.
      exact: false
    }
  })

  it('begins with what the driver was set to, as it tells what is new alone', async () => {
    const { host, session, heard } = await opened()
    session.resume()
    expect(heard).toEqual([
      { baudRate: 9600, stopBits: 1, parity: 'none', dataBits: 8 },
      { dtr: true, rts: true }
    ])
    heard.length = 0
    await host.coding(57_600, 2, 2, 7)
    await host.sendBreak(0xffff)
    await host.sendBreak(0)
    await host.lines(false, true)
    expect(heard).toEqual([
      { baudRate: 57_600, stopBits: 2, parity: 'even', dataBits: 7 },
      { break: true },
      { break: false },
      { dtr: false, rts: true }
    ])
  })

  it('tells the driver what the device has, its lines and its errors', async () => {
    const { host, session } = await opened()
    session.resume()
    session.notify({ settings: { ...DEFAULT_SETTINGS, baudRate: 230_400 } })
    const asked = { requestType: 0xa1, request: 0x21, value: 0, index: 0, length: 7 }
    expect(toHex((await host.control(asked))!.data)).toBe('00 84 03 00 00 00 08')
    session.notify({ modem: { cts: true, dsr: true, dcd: true, ri: 'unknown' } })
    await turns()
    session.notify({ line: { ...NO_LINE_ERRORS, framing: 3, break: 1 } })
    await turns()
    expect(host.states).toEqual([0x03, 0x03 | 0x04 | 0x10])
  })

  it('has its program wait with its lines until the far port is open, so that no pulse is lost', async () => {
    const rig = await plugged()
    rig.host.open()
    await turns()
    const session = rig.sessions[0]!
    const heard: unknown[] = []
    session.onControl(({ wish }) => heard.push(wish))
    session.resume()
    const done: string[] = []
    void rig.host.lines(false, true).then(() => done.push('down'))
    void rig.host.lines(true, true).then(() => done.push('up'))
    await turns()
    expect([heard, done]).toEqual([[], []])
    session.notify({ modem: UNKNOWN_MODEM_STATE })
    await turns()
    expect([heard, done]).toEqual([[], []])
    session.notify({ settings: DEFAULT_SETTINGS })
    await turns()
    // The first is what the driver raises by itself at the open.
    expect(heard).toEqual([
      { dtr: true, rts: true },
      { dtr: false, rts: true },
      { dtr: true, rts: true }
    ])
    expect(done).toEqual(['down', 'up'])
    void rig.host.lines(false, false).then(() => done.push('off'))
    await turns()
    expect(done).toHaveLength(3)
  })

  it('has its program wait no longer than 3 s for a far port that does not open', async () => {
    const rig = await plugged()
    rig.host.open()
    await turns()
    rig.sessions[0]!.resume()
    const done: string[] = []
    void rig.host.lines(true, false).then(() => done.push('answered'))
    await rig.clock.advance(OPENING_MS - 1)
    await turns()
    expect(done).toEqual([])
    await rig.clock.advance(1)
    await turns()
    expect(done).toEqual(['answered'])
  })

  it('ends with its program, and the next one finds nothing stale', async () => {
    const { host, session, sessions } = await opened()
    const reasons: string[] = []
    session.onClose(({ code }) => reasons.push(code))
    session.resume()
    await host.close()
    expect(reasons).toEqual(['done'])
    session.write(hex('01 02'))
    host.open()
    await turns()
    expect(sessions).toHaveLength(2)
    sessions[1]!.resume()
    sessions[1]!.write(hex('03'))
    await turns()
    expect(toHex(host.got)).toBe('03')
  })

  it('hands on what its program wrote before it left', async () => {
    const { host, session } = await opened()
    const data: number[] = []
    const reasons: string[] = []
    session.onClose(({ code }) => reasons.push(code))
    session.onData((chunk) => {
      data.push(...chunk)
      session.pause()
    })
    const written = host.write(hex('01 02'), 1)
    session.resume()
    await written
    await host.close()
    expect([data, reasons]).toEqual([[1], []])
    session.resume()
    expect([data, reasons]).toEqual([[1, 2], ['done']])
  })

  it('comes again where the hub ended it and the program stayed', async () => {
    const { session, sessions, clock } = await opened()
    session.abort(SHUTDOWN)
    expect(sessions).toHaveLength(1)
    await clock.advance(500)
    expect(sessions).toHaveLength(2)
  })

  it('counts what its program never fetched', async () => {
    const { host, session, clock } = await opened()
    session.resume()
    host.stall()
    session.write(new Uint8Array(50_000))
    await turns()
    const lost = session.queued
    expect(lost).toBeGreaterThan(50_000 - 17 * 1024)
    const closed = session.close(DONE, 0)
    await clock.advance(1)
    expect(await closed).toBe(lost)
  })
})

describe('a USB adapter', () => {
  it('that is unplugged ends its session, and says so', async () => {
    const { wire, source, session } = await opened()
    const faults: string[] = []
    const reasons: string[] = []
    source.onFault(({ message }) => faults.push(message))
    session.onClose(({ message }) => reasons.push(message))
    wire.end({ code: 'error', message: 'the kernel let go of it' })
    await turns()
    expect(faults).toEqual(['The USB adapter /dev/farport/gps was unplugged here: the kernel let go of it.'])
    expect(reasons).toEqual(['the USB adapter was unplugged'])
  })

  it('is unplugged by closing its source', async () => {
    const { wire, source, session } = await opened()
    const reasons: string[] = []
    session.onClose(({ code }) => reasons.push(code))
    await source.close(SHUTDOWN)
    expect(wire.ended).toBe(true)
    expect(reasons).toEqual([SHUTDOWN.code])
  })

  it('refuses programs where nobody serves it', async () => {
    const wire = new MemoryDuplex()
    const host = new UsbHost((bytes) => wire.send(bytes))
    wire.onReceived((bytes) => host.receive(bytes))
    const clock = new FakeClock()
    new UsbipSource({ address: 'x', wire, busId: 'gps', texts: TEXTS, settings: DEFAULT_SETTINGS, clock })
    await host.plug('gps')
    host.open()
    await turns()
    expect(clock.pending).toBe(1)
    expect(host.violations).toEqual([])
  })
})
